"""One group's value with its interval as a bar on a scale that its neighbours share: `├──●──┤`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.version import GroupFigure
from mltui.tui.presentation import marks
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import cut, fitted
from mltui.tui.presentation.plot import Scale, is_known

VALUE, OVERALL = "●", "┊"


def scale_of(groups: Iterable[GroupFigure], overall: float | None) -> Scale | None:
    """None where there is nothing to be drawn."""
    values = [value for each in groups for value in (each.low, each.value, each.high)] + [overall]
    return Scale.over(values, 2) if any(is_known(value) for value in values) else None


def whiskers(group: GroupFigure, overall: float | None, *, scale: Scale, width: int) -> Text:
    """Exactly `width` cells; `┊` is the overall value."""
    at = Scale(scale.low, scale.high, width).at
    cells = [" "] * width
    if is_known(group.low) and is_known(group.high):
        low, high = sorted((at(group.low), at(group.high)))
        cells[low : high + 1] = ["─"] * (high - low + 1)
        cells[low], cells[high] = ("├", "┤") if low < high else ("│", "│")
    if is_known(overall):
        place = at(overall)
        cells[place] = {" ": OVERALL, "─": "┼"}.get(cells[place], cells[place])
    if is_known(group.value):
        cells[at(group.value)] = VALUE
    elif not any(cell != " " and cell != OVERALL for cell in cells):
        cells[: min(8, width)] = fitted("no value", min(8, width))
    return Text("".join(cells), marks.style(group.verdict))


def limits(scale: Scale, width: int) -> str:
    """Of the scale, at the ends of the bar."""
    left, right = figure(scale.low), figure(scale.high)
    if cell_len(left) + cell_len(right) + 1 > width:
        return cut(f"{left} … {right}", width)
    return left + " " * (width - cell_len(left) - cell_len(right)) + right
