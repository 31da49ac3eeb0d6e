"""Two versions side by side as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from mltui.domain.metrics import find_metric
from mltui.domain.names import version_name
from mltui.domain.version import GroupFigure
from mltui.operations.versions.compare import CommitFacts, Comparison, GroupPair
from mltui.operations.versions.differing import Differing
from mltui.operations.versions.paired import MetricPair
from mltui.tui.presentation import marks
from mltui.tui.presentation.answer_changes import changes_lines, harm_lines
from mltui.tui.presentation.figures import figure, signed
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import columns, flow, shortened
from mltui.tui.presentation.version import difference_of

_TENDENCIES = {"better": ("✓ better", "green"), "worse": ("✗ worse", "red"), "noise": ("· within noise", "dim")}
ROOMY = 96
"""Cells from which on words have room beside a verdict."""


def head_lines(found: Comparison, *, width: int) -> list[Text]:
    """Whom it harms, who is held against whom, on what, and how that went in all."""
    new, old = version_name(found.candidate), version_name(found.baseline)
    lines = [Text.assemble((new, "bold"), " against ", (old, "bold"))]
    if found.rows_problem:
        lines += flow([Text(f"! each on its own rows: {literal(found.rows_problem)}", "yellow")], width=width)
    else:
        lines[0].append(f" on the {found.common_rows:,} rows that both were evaluated on", "dim")
    told = []
    for tendency, (words, style) in _TENDENCIES.items():
        count = sum(pair.tendency == tendency for pair in found.metrics)
        told += [Text(f"{words} {count}", style)] if count else []
    lines += flow([Text("metrics:"), *told], width=width) if told else []
    harm = harm_lines(found.harm, width=width)
    return [*harm, *(shortened(line, width) for line in lines), *_commits(found, new, old, width)]


def _commits(found: Comparison, new: str, old: str, width: int) -> list[Text]:
    if found.candidate_commit.sha == found.baseline_commit.sha:
        return [shortened(Text(f"= both from {_commit(found.candidate_commit)}"), width)]
    rows = [(new, _commit(found.candidate_commit)), (old, _commit(found.baseline_commit))]
    return columns(rows, width=width, flexible=(1,))


def _commit(commit: CommitFacts) -> str:
    dirty = " (dirty)" if commit.is_dirty else ""
    subject = literal(commit.message.partition("\n")[0])
    branch = literal(commit.branch) or "no branch"
    return f"{commit.sha[:10]}{dirty} on {branch} by {literal(commit.author_name)}: {subject}"


def metric_lines(found: Comparison, *, width: int) -> list[Text]:
    """The interval is that of the difference; what differs by more than noise stands first."""
    rank = {"worse": 0, "better": 1}
    pairs = sorted(found.metrics, key=lambda pair: rank.get(pair.tendency, 2))
    rows = [
        (
            Text(literal(pair.metric), "" if pair.tendency in rank else "dim"),
            figure(pair.candidate),
            figure(pair.baseline),
            difference_of(pair),
            _interval(pair),
        )
        for pair in pairs
    ]
    head = ("metric", version_name(found.candidate), version_name(found.baseline), "difference", "95 % interval")
    lines = columns(rows, head=head, align="<>><<", width=width, flexible=(0,))
    told = "" if found.rows_problem else "values each on its own held-out rows, differences on the common ones"
    return [*lines, shortened(Text(told, "dim"), width)] if told else lines


def _interval(pair: MetricPair) -> Text:
    paired = pair.paired
    if paired is None or paired.low is None or paired.high is None:
        return Text()
    return Text(f"{signed(paired.low)} to {signed(paired.high)}", "dim" if pair.tendency == "noise" else "")


def answer_lines(found: Comparison, *, width: int) -> list[Text]:
    """What was answered otherwise on the common rows."""
    if found.answers is None:
        return [Text("· no rows that both answered", "dim")]
    return changes_lines(found.answers, width=width)


def group_lines(found: Comparison, *, width: int) -> list[Text]:
    """Where it got worse stands first, the most first; what is better neither way by what its verdict became."""
    if not found.groups:
        return [Text("· no groups", "dim")]
    new, old = version_name(found.candidate), version_name(found.baseline)
    rows = [_group_cells(pair, is_roomy=width >= ROOMY) for pair in sorted(found.groups, key=_group_rank)]
    head = ("attribute", "group", "metric", new, old, "change", f"{new} is")
    lines = columns(rows, head=head, align="<<<>><<", width=width, flexible=(0, 1))
    return [*lines, shortened(Text("≈ the 95 % intervals of the two overlap", "dim"), width)]


def loss_of(pair: GroupPair) -> float | None:
    """How much worse the candidate's group is; None where that cannot be told."""
    known = find_metric(pair.metric)
    if pair.candidate is None or pair.baseline is None or known is None or known.direction == "neither":
        return None
    if pair.candidate.value is None or pair.baseline.value is None:
        return None
    return known.loss(pair.candidate.value, pair.baseline.value)


def _group_rank(pair: GroupPair) -> tuple[bool, float]:
    is_ill = pair.candidate is not None and pair.candidate.verdict == "outside"
    was_ill = pair.baseline is not None and pair.baseline.verdict == "outside"
    return (not (is_ill and not was_ill), -(loss_of(pair) or 0.0))


def _group_cells(pair: GroupPair, *, is_roomy: bool) -> tuple[Text | str, ...]:
    return (
        literal(pair.attribute),
        literal(pair.group),
        literal(pair.metric),
        *(figure(None if each is None else each.value) for each in (pair.candidate, pair.baseline)),
        _group_difference(pair),
        _verdict(pair, is_roomy=is_roomy),
    )


def _verdict(pair: GroupPair, *, is_roomy: bool) -> Text:
    """The baseline's beside it where that was another."""
    if pair.candidate is None:
        return Text("· not there", "dim")
    told = marks.mark(pair.candidate.verdict)
    if pair.baseline is None:
        return told.append(", was not there", "dim")
    before = pair.baseline.verdict
    if before == pair.candidate.verdict:
        return told
    return told.append(f", was {marks.symbol(before)}{f' {marks.word(before)}' if is_roomy else ''}")


def _group_difference(pair: GroupPair) -> Text:
    """Better or worse only where the intervals lie apart: the rows of the two need not be the same."""
    new, old, loss = pair.candidate, pair.baseline, loss_of(pair)
    if new is None or old is None or new.value is None or old.value is None:
        return Text("–", "dim")
    change = new.value - old.value
    if change == 0:
        return Text("= same", "dim")
    if not _are_apart(new, old):
        return Text(f"{signed(change)} ≈", "dim")
    if loss is None:
        return Text(signed(change))
    return Text(f"{signed(change)} {'worse' if loss > 0 else 'better'}", "red" if loss > 0 else "green")


def _are_apart(one: GroupFigure, other: GroupFigure) -> bool:
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.low > other.high or other.low > one.high


def differing_lines(found: Comparison, *, width: int) -> list[Text]:
    """Parameters, rows, environment, images and data, each only where it differs."""
    new, old = version_name(found.candidate), version_name(found.baseline)
    parts: tuple[tuple[str, Sequence[Differing]], ...] = (
        ("parameters", found.parameters),
        ("row counts", found.rows),
        ("environment", found.environment),
        ("images", found.images),
    )
    rows = [
        (Text(name if index == 0 else "", "bold"), literal(each.name), _value(each.candidate), _value(each.baseline))
        for name, those in parts
        for index, each in enumerate(those)
    ]
    same = [name for name, those in parts if not those] + (["data"] if found.is_same_data else [])
    lines = columns(rows, head=("differs", "", new, old), width=width, flexible=(1, 2, 3)) if rows else []
    lines += (
        flow([Text("= the same in both:", "dim"), *(Text(name, "dim") for name in same)], width=width) if same else []
    )
    return [*lines, *data_lines(found, width=width)]


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return literal(", ".join(map(str, value)) if isinstance(value, list | tuple) else value)


def data_lines(found: Comparison, *, width: int) -> list[Text]:
    """Folders in which something changed."""
    if found.is_same_data:
        return []
    if found.data.problem:
        return [shortened(Text(f"! data: {literal(found.data.problem)}", "yellow"), width)]
    rows: list[tuple[Text | str, ...]] = [
        (each.folder, f"{each.after:,}", f"{each.before:,}", *_counts(each.added, each.removed, each.changed))
        for each in found.data.folders
        if each.added or each.removed or each.changed
    ]
    names = (version_name(found.candidate), version_name(found.baseline))
    head = ("folder of data", *(f"in {name}" for name in names), "added", "removed", "changed")
    return columns(rows, head=head, align="<>>>>>", width=width, flexible=(0,))


def _counts(*counts: int) -> list[Text]:
    """Added, removed, changed."""
    signs = (("+", "green"), ("-", "red"), ("~", "yellow"))
    return [
        Text(f"{sign}{count:,}", style) if count else Text("·", "dim")
        for (sign, style), count in zip(signs, counts, strict=True)
    ]
