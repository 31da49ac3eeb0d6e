"""Every command with its arguments: the one table that parser, help and tests are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Argument:
    names: tuple[str, ...]
    help: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """As argparse takes them."""


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    target: str
    """`module:function` under `mltui.cli.commands`, imported when it is called."""
    help: str
    arguments: tuple[Argument, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    commands: tuple[Command, ...]


def _argument(name: str, help: str, **options: Any) -> Argument:
    return Argument((name,), help, options)


def _flag(name: str, help: str) -> Argument:
    return Argument((name,), help, {"action": "store_true"})


def _optional(name: str, help: str, default: Any, **options: Any) -> Argument:
    return Argument((name,), help, {"nargs": "?", "default": default, **options})


VERSION = _argument("version", "v7, or latest", metavar="VERSION")
RUN = _optional("run", "41, or latest", "latest", metavar="RUN")
RELEASE = _optional("release", "r12, v7 for its newest, or latest", "latest", metavar="RELEASE")
ENVIRONMENT = _optional("environment", "production, unless another is named", "production", metavar="ENVIRONMENT")
WHERE = _argument("--environment", "production, unless another is named", default="production", metavar="ENVIRONMENT")
LIMIT = _argument("--limit", "how many at most", type=int, default=20, metavar="N")
MATCH = _argument("--match", "only with these words, and without those after a !", default="", metavar="TEXT")
AT = _argument("--at", "a past time, for instance 2026-11-23T10:00", metavar="TIME")
REASON = _argument("--reason", "why, for the record", default="", metavar="TEXT")
COMMENT = _argument("--comment", "for the record", default="", metavar="TEXT")
KEY = _argument("--key", "an SSH key to sign with; else, where the gate asks for it, the agent's", metavar="FILE")
FOLLOW = _flag("--follow", "print the events as they come, until it waits for a decision or is over")
TIMEOUT = _argument("--timeout", "for instance 30s, 10m, 2h", default="2h", metavar="TIME")

READ = Group(
    "read",
    (
        Command("status", "live:status", "what is live, what waits, what runs"),
        Command(
            "which",
            "live:which",
            "the version that answers in an environment",
            (ENVIRONMENT, AT),
            "mltui which production",
        ),
        Command(
            "run list",
            "read:run_list",
            "runs, the newest first",
            (LIMIT, MATCH, _argument("--state", "only these", metavar="STATE")),
        ),
        Command("run show", "read:run_show", "one run with its steps", (RUN,)),
        Command(
            "run logs",
            "read:run_logs",
            "the log of a run's steps",
            (RUN, _argument("--step", "only this one", metavar="STEP")),
        ),
        Command(
            "version list",
            "read:version_list",
            "versions, the newest first",
            (LIMIT, MATCH, _argument("--sort", "by this metric, the best first", metavar="METRIC")),
            'mltui version list --match "night !draft" --sort accuracy',
        ),
        Command("version show", "read:version_show", "metrics, groups, lineage of a version", (VERSION,)),
        Command(
            "version compare",
            "compare_page:version_compare",
            "what differs between two versions",
            (VERSION, _optional("baseline", "the other one; production's unless named", None, metavar="BASELINE")),
            "mltui version compare v7 v5",
        ),
        Command(
            "release list",
            "read:release_list",
            "releases, the newest first",
            (LIMIT, MATCH, _argument("--state", "only these", metavar="STATE")),
        ),
        Command("release show", "read:release_show", "stages, checks and evidence of a release", (RELEASE,)),
        Command("env list", "live:env_list", "environments and what answers there", (LIMIT, MATCH, AT)),
        Command("env show", "live:env_show", "an environment and all that was deployed to it", (ENVIRONMENT, AT)),
        Command("data list", "read:data_list", "data versions, the newest first", (LIMIT, MATCH)),
        Command(
            "data show",
            "read:data_show",
            "what a data version holds",
            (_argument("data", "data@3f2a91c", metavar="DATA"),),
        ),
        Command(
            "audit list",
            "read:audit_list",
            "the history, the newest first",
            (LIMIT, MATCH, _argument("--subject", "only of v7, r12, 41 or production", metavar="NAME"), AT),
        ),
        Command(
            "audit verify",
            "read:audit_verify",
            "whether the history is whole and unaltered",
            (_argument("--head", "a hash seen earlier, to find a cut tail", metavar="HASH"),),
        ),
        Command(
            "audit export",
            "read:audit_export",
            "write the whole history to a file, a line of JSON for each event",
            (_argument("file", "a new file", metavar="FILE"),),
            "mltui audit export history.jsonl",
        ),
        Command("policy check", "read:policy_check", "whether the policy can be used"),
        Command("doctor", "setup:doctor", "what of git, engine, disk and permissions is missing"),
    ),
)
CHANGE = Group(
    "change",
    (
        Command(
            "train",
            "change:train",
            "train a version from a commit",
            (
                _argument(
                    "--commit",
                    "a SHA, branch or tag; the newest commit unless given",
                    default="HEAD",
                    metavar="REVISION",
                ),
                Argument(
                    ("--set",),
                    "override a parameter",
                    {"action": "append", "default": [], "metavar": "STEP.NAME=VALUE"},
                ),
                _flag("--again", "run even if the same was run before"),
                FOLLOW,
            ),
            "mltui train --set train.epochs=3 --follow",
        ),
        Command(
            "approve",
            "change:approve",
            "let a version go to production",
            (
                VERSION,
                COMMENT,
                KEY,
                Argument(
                    ("--acknowledge",),
                    "an inconclusive check, by its name",
                    {"action": "append", "default": [], "metavar": "CHECK"},
                ),
                _argument("--evidence", "the hash that release show printed", metavar="HASH"),
                _argument(
                    "--break-glass",
                    "an emergency: without other approvals, lock or window",
                    dest="emergency",
                    default=None,
                    metavar="REASON",
                ),
                FOLLOW,
            ),
            'mltui approve v7 --comment "night pictures are better"',
        ),
        Command(
            "reject",
            "change:reject",
            "end the release of a version",
            (VERSION, COMMENT, KEY),
            'mltui reject v7 --comment "…"',
        ),
        Command(
            "rollback",
            "traffic:rollback",
            "bring back the last known good version",
            (
                ENVIRONMENT,
                _argument("--to", "a version that was once good there", metavar="VERSION"),
                _flag("--undo", "put back what the last rollback withdrew"),
                REASON,
            ),
            "mltui rollback",
        ),
        Command(
            "lock",
            "traffic:lock",
            "let nothing be deployed; rollbacks go on",
            (_argument("reason", "why, for everybody to read", metavar="REASON"), WHERE),
            'mltui lock "incident 14"',
        ),
        Command("unlock", "traffic:unlock", "end a lock", (ENVIRONMENT, REASON)),
        Command("env stop", "traffic:env_stop", "answer 503 from now on", (ENVIRONMENT, REASON)),
        Command("env start", "traffic:env_start", "end a stop", (ENVIRONMENT,)),
        Command("run cancel", "change:run_cancel", "end a run that is under way", (RUN,)),
        Command(
            "run resume",
            "change:run_resume",
            "run again what failed, with what succeeded from the cache",
            (RUN, FOLLOW),
        ),
        Command(
            "version note",
            "change:version_note",
            "add a note to a version",
            (VERSION, _argument("text", "the note", metavar="TEXT")),
        ),
        Command(
            "version card",
            "change:version_card",
            "the model card of a version, or new texts for it",
            (
                VERSION,
                Argument(
                    ("fields",),
                    'what to write, for instance could_harm="people who …"',
                    {"nargs": "*", "metavar": "FIELD=TEXT", "default": []},
                ),
            ),
            'mltui version card v7 intended_use="sort pictures of food"',
        ),
        Command(
            "release open",
            "change:release_open",
            "open the release of any registered version",
            (VERSION, _argument("--environment", "where it leads", metavar="ENVIRONMENT"), FOLLOW),
        ),
        Command(
            "release wait",
            "change:release_wait",
            "wait until a release is decided or has arrived",
            (
                RELEASE,
                _argument(
                    "--for",
                    "approval or production",
                    dest="goal",
                    choices=("approval", "production"),
                    default="production",
                ),
                TIMEOUT,
            ),
            "mltui release wait v7 --for production --timeout 2h",
        ),
        Command(
            "release acknowledge",
            "change:release_acknowledge",
            "say that you have seen what somebody approved in an emergency",
            (RELEASE, COMMENT, KEY),
        ),
        Command("release cancel", "change:release_cancel", "end a release that is under way", (RELEASE,)),
    ),
)
SETUP = Group(
    "set up",
    (
        Command(
            "demo",
            "demo:demo",
            "the whole story on a throw-away project",
            (
                _flag("--remove", "take everything of the demos away"),
                _argument("--engine", "docker or process", choices=("docker", "process")),
                _argument("--folder", "where the demo goes", metavar="FOLDER"),
                _argument("--sample", "tacos or loans", choices=("tacos", "loans"), default="tacos"),
                _flag("--no-tui", "stay on the command line"),
            ),
        ),
        Command(
            "init",
            "setup:init",
            "make the workspace of the project in this folder",
            (
                _argument("--engine", "docker or process", choices=("docker", "process")),
                _flag("--self-approval", "let people approve what they asked for or wrote"),
                _argument("--group", "a shared workspace for a group of the system", metavar="GROUP"),
            ),
        ),
        Command("hook install", "setup:hook_install", "train at each commit and push"),
        Command("hook remove", "setup:hook_remove", "take the hooks away"),
        Command("worker status", "setup:worker_status", "whether a worker is there"),
        Command("worker start", "setup:worker_start", "start the worker, or wake it"),
        Command("worker stop", "setup:worker_stop", "end the worker; its work is taken up by the next one"),
        Command(
            "workspace remove",
            "setup:workspace_remove",
            "end all that runs, and take away models, data and history",
            (_argument("project", "the project's name, as a confirmation", metavar="PROJECT"),),
            "mltui workspace remove tacos",
        ),
    ),
)
GROUPS = (READ, CHANGE, SETUP)
