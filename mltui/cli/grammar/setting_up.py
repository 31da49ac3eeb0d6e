"""What is done once, and what keeps the ground in order."""

from __future__ import annotations

from mltui.cli.grammar.arguments import Command, Group, argument, flag

GROUP = argument("--group", "a shared workspace for a group of the system", metavar="GROUP")
NOTIFIER = argument("name", "of [notify.NAME] in the policy", metavar="NAME")

SETUP = Group(
    "set up",
    (
        Command(
            "demo",
            "demo:demo",
            "the whole story on a throw-away project",
            (
                flag("--remove", "take everything of the demos away"),
                argument("--engine", "docker or process", choices=("docker", "process")),
                argument("--folder", "where the demo goes", metavar="FOLDER"),
                argument("--sample", "which project", choices=("tacos", "loans", "housing"), default="tacos"),
                flag("--no-tui", "stay on the command line"),
            ),
        ),
        Command(
            "init",
            "setup:init",
            "make the workspace of the project in this folder",
            (
                argument("--engine", "docker or process", choices=("docker", "process")),
                flag("--self-approval", "let people approve what they asked for or wrote"),
                GROUP,
            ),
        ),
        Command("hook install", "setup:hook_install", "train at each commit and push"),
        Command("hook remove", "setup:hook_remove", "take the hooks away"),
        Command(
            "notify test",
            "notify:notify_test",
            "tell a program of a test, here and now",
            (NOTIFIER,),
            "mltui notify test pager",
        ),
        Command("notify retry", "notify:notify_retry", "tell it again of what it has missed", (NOTIFIER,)),
        Command("notify dismiss", "notify:notify_dismiss", "leave what it has missed at that", (NOTIFIER,)),
        Command("worker status", "worker:worker_status", "whether a worker is there"),
        Command(
            "worker start",
            "worker:worker_start",
            "start the worker, or wake it; safe to repeat",
            (flag("--if-needed", "only where something answers, waits or is to be done"),),
        ),
        Command("worker stop", "worker:worker_stop", "end the worker; its work is taken up by the next one"),
        Command(
            "backup",
            "ground:backup",
            "save all that cannot be made again to one file",
            (argument("file", "a new file", metavar="FILE"),),
            "mltui backup tacos.tar",
        ),
        Command(
            "restore",
            "ground:restore",
            "make a workspace from a backup, with nothing running",
            (argument("file", "the backup", metavar="FILE"), GROUP),
            "mltui --workspace ~/tacos-again restore tacos.tar",
        ),
        Command(
            "prune",
            "ground:prune",
            "take away what is old and nothing needs any more",
            (
                flag("--dry-run", "only say what would go, and how much that is"),
                argument("--older-than", "instead of the policy's age, for instance 30d", metavar="TIME"),
                flag("--models", "also the models of versions that were never deployed"),
            ),
            "mltui prune --dry-run",
        ),
        Command(
            "worker install",
            "worker:worker_install",
            "start the worker with the machine, by systemd or cron, and keep one there",
            (flag("--print", "show what would be written, and write nothing"),),
        ),
        Command("worker uninstall", "worker:worker_uninstall", "take that away again"),
        Command(
            "workspace remove",
            "setup:workspace_remove",
            "end all that runs, and take away models, data and history",
            (argument("project", "the project's name, as a confirmation", metavar="PROJECT"),),
            "mltui workspace remove tacos",
        ),
    ),
)
