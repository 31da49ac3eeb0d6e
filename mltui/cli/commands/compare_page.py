"""Two versions side by side as lines for people."""

from __future__ import annotations

from collections.abc import Iterable

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.commands.changes_page import changes_data, changes_lines, harm_lines
from mltui.cli.text import figure, table
from mltui.domain.names import version_name
from mltui.domain.verdict_words import with_side
from mltui.errors import UsageError
from mltui.operations.releases.against_production import AgainstProduction
from mltui.operations.standing.state import version_as_far_as_read
from mltui.operations.standing.which import which
from mltui.operations.versions.compare import CommitFacts, Comparison, GroupPair, compare
from mltui.operations.versions.differing import Differing
from mltui.operations.versions.paired import MetricPair
from mltui.operations.versions.row_changes import RowChanges
from mltui.operations.versions.tree_changes import CodeChanges

_WORDS = {"better": "✓ better", "worse": "✗ worse", "noise": "· within noise", "untold": ""}


def version_compare(call: Call) -> Answer:
    candidate = version_as_far_as_read(call.workspace, call.version)[0].id
    found = compare(call.workspace, candidate, _baseline(call))
    pairs = [{**plain(pair), "difference": pair.difference} for pair in found.metrics]
    answers = None if found.answers is None else changes_data(found.answers)
    data = {**plain(found), "metrics": pairs, "answers": answers}
    return Answer(data, compare_lines(found), error=next(iter(found.damage), None))


def compare_lines(found: Comparison) -> list[str]:
    new, old = version_name(found.candidate), version_name(found.baseline)
    own = "each on all of its own rows"
    rows = (
        f"{own}; {found.rows_problem}"
        if found.rows_problem
        else f"{own}, differences on {found.common_rows} common ones"
    )
    return [
        *harm_lines(found.harm),
        f"{new} against {old}, {rows}",
        "",
        *table([_metric(pair) for pair in found.metrics], head=("METRIC", new, old, "DIFFERENCE", "95 % INTERVAL", "")),
        *changes_lines(found.answers),
        *_groups(found.groups, new, old),
        "",
        *_commits(found, new, old),
        *_differences("parameters", found.parameters, new, old),
        *_differences("rows", found.rows, new, old),
        *_differences("environment", found.environment, new, old),
        *_differences("images", found.images, new, old),
        *_data(found),
        *_code(found.code),
    ]


def against_lines(found: AgainstProduction, candidate: str) -> list[str]:
    """What a release was sealed to change against production, the whole diff last."""
    old = version_name(found.version)
    return [
        "",
        f"against {old}, which was in production when the evidence was sealed",
        *_differences("parameters", found.parameters, candidate, old),
        *_differences("environment", found.environment, candidate, old),
        *_differences("images", found.images, candidate, old),
        *_rows(found.data),
        *_code(found.code),
    ]


def _baseline(call: Call) -> int:
    if call.baseline is not None:
        return version_as_far_as_read(call.workspace, call.baseline)[0].id
    live = which(call.workspace, "production").deployment
    if live is None:
        raise UsageError("nothing answers in production", hint="name the other version: mltui version compare v7 v5")
    return live.version_id


def _metric(pair: MetricPair) -> tuple[str, ...]:
    paired = pair.paired
    interval = ""
    if paired is not None and paired.low is not None and paired.high is not None:
        interval = f"{paired.low:+.4f} to {paired.high:+.4f}"
    difference = "–" if pair.difference is None else f"{pair.difference:+.4f}"
    return (pair.metric, figure(pair.candidate), figure(pair.baseline), difference, interval, _WORDS[pair.tendency])


def _groups(pairs: Iterable[GroupPair], new: str, old: str) -> list[str]:
    rows = []
    for pair in pairs:
        figures = [figure(each.value) if each is not None else "–" for each in (pair.candidate, pair.baseline)]
        verdicts = [with_side(each) if each is not None else "–" for each in (pair.candidate, pair.baseline)]
        rows.append((pair.attribute, pair.group, pair.metric, *figures, *verdicts))
    head = ("ATTRIBUTE", "GROUP", "METRIC", new, old, f"VERDICT {new}", f"VERDICT {old}")
    return ["", *table(rows, head=head)] if rows else []


def _commits(found: Comparison, new: str, old: str) -> list[str]:
    if found.candidate_commit.sha == found.baseline_commit.sha:
        return [f"both from {_commit(found.candidate_commit)}"]
    return [f"{new} from {_commit(found.candidate_commit)}", f"{old} from {_commit(found.baseline_commit)}"]


def _commit(commit: CommitFacts) -> str:
    subject = commit.message.partition("\n")[0]
    return f"commit {commit.sha[:12]} on {commit.branch or 'no branch'} by {commit.author_name}: {subject}"


def _differences(title: str, found: Iterable[Differing], new: str, old: str) -> list[str]:
    rows = [(each.name, _value(each.candidate), _value(each.baseline)) for each in found]
    return ["", *table(rows, head=(title.upper(), new, old))] if rows else []


def _value(value: object) -> str:
    if value is None:
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)[:40]


def _data(found: Comparison) -> list[str]:
    if found.is_same_data:
        return ["", "both on the same data"]
    rows = [
        (each.folder, str(each.before), str(each.after), str(each.added), str(each.removed), str(each.changed))
        for each in found.data.folders
        if each.added or each.removed or each.changed
    ]
    problem = [found.data.problem] if found.data.problem else []
    return ["", *problem, *table(rows, head=("FOLDER OF DATA", "BEFORE", "AFTER", "ADDED", "REMOVED", "CHANGED"))]


def _rows(found: RowChanges) -> list[str]:
    if not found.counts:
        return ["", found.problem or "on the same data"]
    rows = [
        (each.kind, each.name, str(each.before), str(each.after), str(each.added), str(each.removed), str(each.changed))
        for each in found.counts
    ]
    return ["", *table(rows, head=("ROWS BY", "", "BEFORE", "AFTER", "ADDED", "REMOVED", "CHANGED"))]


def _code(code: CodeChanges) -> list[str]:
    if code.are_none:
        return ["", "both from the same files"]
    lines = [
        f"{mark} {path}"
        for mark, paths in (("+", code.added), ("-", code.removed), ("~", code.changed))
        for path in paths
    ]
    cut = [f"the diff is cut after {len(code.diff)} lines"] if code.is_cut else []
    hidden = [f"not shown, being large or no text: {', '.join(code.not_shown)}"] if code.not_shown else []
    return ["", *([code.problem] if code.problem else []), *lines, "", *code.diff, *cut, *hidden]
