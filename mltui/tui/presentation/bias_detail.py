"""The figure under the cursor in sentences: what it is, what its verdict rests on, and what can be done about it."""

from __future__ import annotations

from dataclasses import replace

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.metrics import find_metric
from mltui.domain.verdict_words import reason, rows_to_collect
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import is_of_data, standing
from mltui.tui.presentation import marks
from mltui.tui.presentation.literal import literal, squeezed
from mltui.tui.presentation.metric_groups import interval_of, value_of
from mltui.tui.presentation.table import shortened
from mltui.tui.presentation.wrapping import folded

_LINES = 7
_LEAST_NAME, _MOST_REFERENCE = 10, 24
_LOOK = "⏎ its rows, v its mistakes"


def detail_lines(group: GroupFigure | None, *, has_thresholds: bool, width: int) -> list[Text]:
    """Always as many, so that the rows above keep their place: figure, reason, next step, and what the metric means."""
    if group is None:
        return [Text("· no group", "dim"), *(Text() for _ in range(_LINES - 1))]
    known = find_metric(group.metric)
    meaning = folded(known.sentence, width, most=2) if known is not None else []
    step = f"next: {next_step(group, has_thresholds=has_thresholds)}"
    lines = [
        _figure_line(group, width),
        *(Text(line) for line in folded(_reason(group), width, most=2)),
        *(Text(line, "bold") for line in folded(step, width, most=2)),
        *(Text(line, "dim") for line in meaning),
    ]
    return [*lines, *(Text() for _ in range(_LINES))][:_LINES]


def explained(group: GroupFigure, *, has_thresholds: bool) -> list[str]:
    """The same as sentences of any length, the group named whole."""
    named = f"{literal(group.group)} ({literal(group.attribute)}): {_told(group)}, {group.verdict}"
    known = find_metric(group.metric)
    meaning = [f"{literal(group.metric)}: {known.sentence}"] if known is not None else []
    return [named, reason(group), f"next: {next_step(group, has_thresholds=has_thresholds)}", *meaning]


def next_step(group: GroupFigure, *, has_thresholds: bool) -> str:
    """What an operator can do; `T` only where a threshold could be moved."""
    if group.verdict == "outside":
        return _against_harm(group, has_thresholds=has_thresholds)
    more = rows_to_collect(group)
    if group.verdict in ("undecided", "too few"):
        wanted = "more rows like these" if more is None else f"{more:,} more rows like these, {group.n + more:,} in all"
        return f"collect {wanted}; until then a gate that checks it asks to acknowledge it; {_LOOK}"
    return "nothing has to be done"


def _against_harm(group: GroupFigure, *, has_thresholds: bool) -> str:
    if is_of_data(group):
        return f"the data are so, whatever is answered: see whether they are as they should be; {_LOOK}"
    if standing(group) == "better off":
        return f"see who is worse off for it; a gate that checks it fails all the same; {_LOOK}"
    known = find_metric(group.metric)
    is_moved = has_thresholds and known is not None and known.moves_with_threshold
    threshold = ", T another threshold" if is_moved else ""
    return f"{_LOOK}{threshold}; a gate that checks it fails: reject, or train again with more rows like these"


def _reason(group: GroupFigure) -> str:
    return literal(reason(replace(group, reference=squeezed(literal(group.reference), _MOST_REFERENCE))))


def _figure_line(group: GroupFigure, width: int) -> Text:
    mark = marks.mark(group.verdict)
    room = width - cell_len(f"{mark.plain}   : {_told(group)}")
    name = squeezed(literal(group.group), max(room, _LEAST_NAME))
    return shortened(Text.assemble(mark, f"   {name}: {_told(group)}"), width)


def _told(group: GroupFigure) -> str:
    interval = f" ({interval_of(group)})" if interval_of(group) else ""
    return f"{literal(group.metric)} {value_of(group)}{interval} of {group.n:,} rows"
