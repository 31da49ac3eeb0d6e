"""What answers a question and changes nothing."""

from __future__ import annotations

from mltui.cli.grammar.arguments import (
    AT,
    ENVIRONMENT,
    LIMIT,
    MATCH,
    RELEASE,
    RUN,
    VERSION,
    Command,
    Group,
    argument,
    optional,
)

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
            (LIMIT, MATCH, argument("--state", "only these", metavar="STATE")),
        ),
        Command("run show", "read:run_show", "one run with its steps", (RUN,)),
        Command(
            "run logs",
            "read:run_logs",
            "the log of a run's steps",
            (RUN, argument("--step", "only this one", metavar="STEP")),
        ),
        Command(
            "version list",
            "read:version_list",
            "versions, the newest first",
            (LIMIT, MATCH, argument("--sort", "by this metric, the best first", metavar="METRIC"), AT),
            'mltui version list --match "night !draft" --sort accuracy',
        ),
        Command("version show", "read:version_show", "metrics, groups, lineage of a version", (VERSION, AT)),
        Command(
            "version compare",
            "compare_page:version_compare",
            "what differs between two versions",
            (VERSION, optional("baseline", "the other one; production's unless named", None, metavar="BASELINE")),
            "mltui version compare v7 v5",
        ),
        Command(
            "release list",
            "read:release_list",
            "releases, the newest first",
            (LIMIT, MATCH, argument("--state", "only these", metavar="STATE"), AT),
        ),
        Command("release show", "release_page:release_show", "stages, checks and evidence of a release", (RELEASE, AT)),
        Command("env list", "live:env_list", "environments and what answers there", (LIMIT, MATCH, AT)),
        Command("env show", "live:env_show", "an environment and all that was deployed to it", (ENVIRONMENT, AT)),
        Command("data list", "read:data_list", "data versions, the newest first", (LIMIT, MATCH)),
        Command(
            "data show",
            "read:data_show",
            "what a data version holds",
            (argument("data", "data@3f2a91c", metavar="DATA"),),
        ),
        Command(
            "audit list",
            "read:audit_list",
            "the history, the newest first",
            (LIMIT, MATCH, argument("--subject", "only of v7, r12, 41 or production", metavar="NAME"), AT),
        ),
        Command(
            "audit verify",
            "read:audit_verify",
            "whether the history is whole and unaltered",
            (argument("--head", "a hash seen earlier, to find a cut tail", metavar="HASH"),),
        ),
        Command(
            "audit export",
            "read:audit_export",
            "write the whole history to a file, a line of JSON for each event",
            (argument("file", "a new file", metavar="FILE"),),
            "mltui audit export history.jsonl",
        ),
        Command("notify list", "notify:notify_list", "the programs that are told of events, and how each stands"),
        Command("notify log", "notify:notify_log", "what they were told, the newest first", (LIMIT,)),
        Command("policy check", "read:policy_check", "whether the policy can be used"),
        Command("doctor", "setup:doctor", "what of git, engine, disk and permissions is missing"),
    ),
)
