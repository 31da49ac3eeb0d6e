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
    flag,
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
            "report",
            "report:report",
            "one page about a version, for people without a terminal",
            (
                VERSION,
                flag("--md", "Markdown for a ticket, to the terminal unless --out names a file"),
                argument("--out", "where to; PROJECT-VERSION.html here unless named", metavar="FILE"),
            ),
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
        Command(
            "evaluate",
            "evaluate:evaluate",
            "break predictions made elsewhere down by group; needs no project",
            (
                argument("table", "a CSV or Parquet file with a row for each prediction", metavar="TABLE"),
                argument("--truth", "the column with what is true", required=True, metavar="COLUMN"),
                argument("--prediction", "the column with what was predicted", metavar="COLUMN"),
                argument("--score", "the column with the score of the positive class, 0 to 1", metavar="COLUMN"),
                argument("--threshold", "without --prediction: positive from this score on", type=float, default=0.5),
                argument("--positive", "of two classes the one that rates are of", metavar="LABEL"),
                argument(
                    "--by", "a column with groups; may be repeated", action="append", default=[], metavar="COLUMN"
                ),
                argument("--drop", "a column never to be looked at", action="append", default=[], metavar="COLUMN"),
                argument("--task", "where the truth does not say it", choices=("classification", "regression")),
                argument(
                    "--reference",
                    "what groups are held against: others, largest, best, or COLUMN=GROUP",
                    action="append",
                    default=[],
                    metavar="REFERENCE",
                ),
                flag("--per-class", "every rate of every class too"),
                flag("--json", "print the figures as JSON"),
            ),
            "mltui evaluate loans.csv --truth repaid --score p --threshold 0.4 --by sex --by region",
        ),
        Command("policy check", "read:policy_check", "whether the policy can be used"),
        Command("doctor", "setup:doctor", "what of git, engine, disk and permissions is missing"),
    ),
)
