"""The acts on runs, versions, releases and environments."""

from __future__ import annotations

from mltui.cli.grammar.arguments import (
    COMMENT,
    ENVIRONMENT,
    FOLLOW,
    KEY,
    REASON,
    RELEASE,
    RUN,
    TIMEOUT,
    VERSION,
    WHERE,
    Argument,
    Command,
    Group,
    argument,
    flag,
)

CHANGE = Group(
    "change",
    (
        Command(
            "train",
            "change:train",
            "train a version from a commit",
            (
                argument(
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
                flag("--again", "run even if the same was run before"),
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
                argument("--evidence", "the hash that release show printed", metavar="HASH"),
                argument(
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
                argument("--to", "a version that was once good there", metavar="VERSION"),
                flag("--undo", "put back what the last rollback withdrew"),
                REASON,
            ),
            "mltui rollback",
        ),
        Command(
            "traffic",
            "traffic:traffic",
            "share the traffic between versions that were good there, or tell how it is shared",
            (
                ENVIRONMENT,
                Argument(
                    ("parts",),
                    "parts that make 100; the live version alone, with 100, ends the sharing",
                    {"nargs": "*", "metavar": "VERSION=PERCENT", "default": []},
                ),
            ),
            "mltui traffic production v8=10 v7=90",
        ),
        Command(
            "lock",
            "traffic:lock",
            "let nothing be deployed; rollbacks go on",
            (argument("reason", "why, for everybody to read", metavar="REASON"), WHERE),
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
            (VERSION, argument("text", "the note", metavar="TEXT")),
        ),
        Command(
            "version pin",
            "change:version_pin",
            "keep all of a version, whatever its age",
            (VERSION, REASON),
            'mltui version pin v7 --reason "the paper is about it"',
        ),
        Command("version unpin", "change:version_unpin", "let a version age again", (VERSION,)),
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
            (VERSION, argument("--environment", "where it leads", metavar="ENVIRONMENT"), FOLLOW),
        ),
        Command(
            "release wait",
            "change:release_wait",
            "wait until a release is decided or has arrived",
            (
                RELEASE,
                argument(
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
        Command(
            "release continue",
            "change:release_continue",
            "let a release go on that waits in a step of its traffic",
            (RELEASE, KEY),
            "mltui release continue r12",
        ),
        Command("release cancel", "change:release_cancel", "end a release that is under way", (RELEASE,)),
    ),
)
