"""Rates of all groups at a threshold, and the curve that it moves along; legible without colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from mltui.operations.versions.thresholds import RATES, Curve, GroupRates, Moment
from mltui.tui.presentation import marks
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.plot import Scale, axes, braille, margin_of
from mltui.tui.presentation.table import columns, flow, shortened

ALL = "all rows"
_HEADS = ("sel.", "TPR", "FPR", "FNR", "prec.", "acc.")
"""Of `RATES`, in their order."""
_HERE, _THERE, _POINT, _NOW = "●", "◆", "×", "┊"
_LEAST_ROWS = 2

Points = list[tuple[float, float]]
"""(x, y), 0 to 1 both."""


def rate_lines(moment: Moment, *, chosen: str, most: int, width: int) -> list[Text]:
    """All rows, then at most `most` groups with the chosen one among them; `chosen` is empty for all rows."""
    names = [each.group for each in moment.groups]
    first = _first(names.index(chosen) if chosen in names else 0, most, len(names))
    shown = moment.groups[first : first + most]
    rows = [_cells(each, is_chosen=each.group == chosen) for each in (moment.overall, *shown)]
    told = columns(rows, head=_head(moment.metric), align="<" + ">" * 8 + "<", width=width, flexible=(0,))
    hidden = len(names) - len(shown)
    return [*told, *([shortened(Text(f"… {hidden} more groups: ↑ ↓", "dim"), width)] if hidden else [])]


def note_lines(moment: Moment, own: float | None, *, classes: tuple[str, str], label: str, width: int) -> list[Text]:
    """What the threshold means, whose rates these are, and whether it can be taken."""
    at = "groups at thresholds of their own" if moment.overall.threshold is None else f"{moment.overall.threshold:.3f}"
    parts: list[Text | str] = [
        Text.assemble(f"{literal(classes[1])} from a score of ", (at, "bold"))
        if moment.overall.threshold is not None
        else Text(at, "bold"),
        Text("now by the highest score" if own is None else f"now from {own:.3f}", "dim"),
        *([Text(f"rates of {literal(label)}", "bold yellow")] if label != classes[1] else []),
    ]
    if moment.is_what_if:
        parts.append(Text("! what if: no version can have this, so it cannot be taken", "yellow"))
    return flow(parts, width=width)


def rate_curve(
    grid: Sequence[float], drawn: Sequence[Curve], moment: Moment, *, chosen: str, width: int, height: int
) -> list[Text]:
    """The chosen rate over the threshold: all rows as a line, the chosen group as crosses, its threshold marked."""
    whole, one = _pair(drawn, chosen)
    lines = [list(_known(grid, each.values)) if each else [] for each in (whole, one)]
    here = _spot(moment, chosen).threshold
    at = moment.groups[0].threshold if here is None and moment.groups else here
    marks_at = [] if at is None else [(at, None, _NOW)]
    return _chart(lines, marks_at, ends=("0", "1"), name="threshold", chosen=chosen, width=width, height=height)


def roc_curve(
    over: tuple[Sequence[Curve], Sequence[Curve]], moment: Moment, *, chosen: str, width: int, height: int
) -> list[Text]:
    """`over`: false positive rates and recalls of the same thresholds. Where all rows and the group stand is marked."""
    lines = [
        [(x, y) for x, y in zip(false.values, right.values, strict=True) if x is not None and y is not None]
        if false and right
        else []
        for false, right in zip(_pair(over[0], chosen), _pair(over[1], chosen), strict=True)
    ]
    spots = [(_spot(moment, ""), _HERE), *([(_spot(moment, chosen), _THERE)] if chosen else [])]
    marked = [
        (x, y, sign)
        for each, sign in spots
        if (x := each.rates["false_positive_rate"]) is not None and (y := each.rates["recall"]) is not None
    ]
    return _chart(
        lines, marked, ends=("0", "1"), name="FPR, and TPR upwards", chosen=chosen, width=width, height=height
    )


def _chart(
    lines: Sequence[Points],
    marked: Sequence[tuple[float, float | None, str]],
    *,
    ends: tuple[str, str],
    name: str,
    chosen: str,
    width: int,
    height: int,
) -> list[Text]:
    whole, one = (f" {sign} now" if any(sign == each[2] for each in marked) else "" for sign in (_HERE, _THERE))
    own = [Text(f"{_POINT} {literal(chosen)}{one}", "yellow")] if chosen else []
    legend = flow([Text(f"⠤ {ALL}{whole}", "cyan"), *own], width=width)
    rows = height - len(legend) - 2
    if rows < _LEAST_ROWS:
        return [shortened(line, width) for line in legend][: max(0, height)]
    scale = Scale(0.0, 1.0, 4 * rows)
    across = max(1, width - margin_of(scale))
    cells = braille([*_dots(lines[0], scale, 2 * across)], columns=across, rows=rows)
    looks = [["cyan"] * across for _ in range(rows)]
    for x, y in lines[1]:
        _put(cells, looks, (x, y), scale, _POINT, "yellow")
    for x, spot, sign in marked:
        for y in [row / (rows - 1) for row in range(rows)] if spot is None else [spot]:
            _put(cells, looks, (x, y), scale, sign, "bold")
    canvas = [Text.assemble(*zip(row, look, strict=True)) for row, look in zip(cells, looks, strict=True)]
    told = axes(canvas, scale, ends=ends, name=name, width=width)
    return [shortened(line, width) for line in [*told, *legend]]


def _dots(points: Points, scale: Scale, across: int) -> Iterator[tuple[int, int] | None]:
    for x, y in points:
        yield Scale(0.0, 1.0, across).at(x), scale.steps - 1 - scale.at(y)


def _put(
    cells: list[list[str]], looks: list[list[str]], at: tuple[float, float], scale: Scale, sign: str, look: str
) -> None:
    column = Scale(0.0, 1.0, len(cells[0])).at(at[0])
    row = (scale.steps - 1 - scale.at(at[1])) // 4
    if sign != _NOW or cells[row][column] in (" ", "⠀"):
        cells[row][column], looks[row][column] = sign, look


def _known(grid: Sequence[float], values: Sequence[float | None]) -> Iterator[tuple[float, float]]:
    return ((x, y) for x, y in zip(grid, values, strict=True) if y is not None)


def _pair(drawn: Sequence[Curve], chosen: str) -> tuple[Curve, Curve | None]:
    return drawn[0], next((each for each in drawn[1:] if chosen and each.group == chosen), None)


def _spot(moment: Moment, chosen: str) -> GroupRates:
    return next((each for each in moment.groups if chosen and each.group == chosen), moment.overall)


def _first(place: int, most: int, count: int) -> int:
    return max(0, min(place - most // 2, count - most))


def _head(metric: str) -> list[str]:
    heads = [f"{head}▾" if rate == metric else head for head, rate in zip(_HEADS, RATES, strict=True)]
    return ["", "at", "n", *heads, "verdict"]


def _cells(each: GroupRates, *, is_chosen: bool) -> list[Text | str]:
    name = Text(f"{'>' if is_chosen else ' '}{literal(each.group) or ALL}", "bold" if is_chosen else "")
    at = "" if each.threshold is None else f"{each.threshold:.3f}"
    rates = [_rate(each.rates[rate]) for rate in RATES]
    return [name, at, f"{each.n:,}", *rates, Text(each.verdict, marks.style(each.verdict)) if each.verdict else ""]


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
