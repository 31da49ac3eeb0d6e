"""The bias breakdown: each group's value with its interval on one common scale, and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.version import GroupFigure
from mltui.tui.presentation import marks
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import fitted, literal
from mltui.tui.presentation.plot import Scale, is_known
from mltui.tui.presentation.table import columns, shortened
from mltui.tui.presentation.whiskers import OVERALL, VALUE, limits, scale_of, whiskers

LEAST_WIDTH = 60

_LONGEST_NAME, _SHORT_NAME, _SHORTEST_NAME = 16, 10, 8
_LEAST_BAR, _GOOD_BAR = 14, 16
_HEAD, _INTERVAL = ["group", "n", "value", "verdict"], "95 % interval"


def group_bars(groups: Sequence[GroupFigure], *, overall: float | None, width: int) -> list[Text]:
    """Groups of one attribute and one metric, as `name  n  value  ├──●──┤  verdict`, and the limits of the scale.

    `┊` is the overall value. The interval stands there in figures too where there is room. Narrower than 60 cells it
    goes without the bars.
    """
    if not groups:
        return [shortened(Text("· no groups", "dim"), width)]
    title = Text(f"{literal(groups[0].metric)} by {literal(groups[0].attribute)}", "bold")
    scale = scale_of(groups, overall)
    below = [*_overall(overall), *_needed(groups)]
    lines = [] if width < LEAST_WIDTH or scale is None else _with_bars(groups, scale, overall=overall, width=width)
    if not lines:
        lines = columns([_cells(each) for each in groups], head=_HEAD, align="<>><", width=width, flexible=(0,))
    return [shortened(line, width) for line in [title, *lines, *below]]


def _with_bars(groups: Sequence[GroupFigure], scale: Scale, *, overall: float | None, width: int) -> list[Text]:
    """Nothing where figures and words leave no room for a bar."""
    rows = [_cells(group) for group in groups]
    widths = [max(cell_len(line[index]) for line in (_HEAD, *rows)) for index in range(4)]
    room = width - sum(widths[1:]) - 2 * 4
    spans = [_interval(group) for group in groups]
    span = max(map(cell_len, (_INTERVAL, *spans))) + 2
    if room - span - min(widths[0], _SHORT_NAME) < _GOOD_BAR:
        spans, span = [""] * len(groups), 0
    widths[0] = min(widths[0], _LONGEST_NAME, max(_SHORTEST_NAME, room - span - _GOOD_BAR))
    bar = room - span - widths[0]
    if bar < _LEAST_BAR:
        return []
    head = Text(fitted(_INTERVAL if span else "", span) + " " * bar, "bold")
    lines = [_line(_HEAD, widths, head, "bold")]
    for group, row, interval in zip(groups, rows, spans, strict=True):
        middle = Text(fitted(interval, span)).append_text(whiskers(group, overall, scale=scale, width=bar))
        lines.append(_line(row, widths, middle, marks.style(group.verdict)))
    margin = " " * (sum(widths[:3]) + 2 * 3 + span)
    return [*lines, Text(margin + limits(scale, bar), "dim")]


def _interval(group: GroupFigure) -> str:
    return f"{figure(group.low)} to {figure(group.high)}" if is_known(group.low) and is_known(group.high) else ""


def _cells(group: GroupFigure) -> list[str]:
    """Name, n, value, verdict."""
    asks = f" ({group.needed:,})" if group.needed is not None else ""
    value = group.value if is_known(group.value) else None
    return [literal(group.group), f"{group.n:,}", figure(value), marks.mark(group.verdict).plain + asks]


def _line(cells: list[str], widths: list[int], middle: Text, style: str) -> Text:
    line = Text()
    for cell, width, side in zip(cells[:3], widths[:3], "<>>", strict=True):
        line.append(fitted(cell, width, side) + "  ")
    line.append_text(middle).append("  ").append(cells[3], style)
    return line


def _overall(overall: float | None) -> list[Text]:
    if not is_known(overall):
        return [Text("no overall value", "dim")]
    return [Text(f"{OVERALL} all rows together {figure(overall)}   {VALUE} value   ├─┤ 95 % interval", "dim")]


def _needed(groups: Sequence[GroupFigure]) -> list[Text]:
    if all(group.needed is None for group in groups):
        return []
    return [Text("(n) rows in the denominator would decide it", "dim")]
