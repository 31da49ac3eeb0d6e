"""What charts have in common: a scale, a braille line, axes with figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

from rich.cells import cell_len
from rich.text import Text

from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import cut

Values = Sequence[float | None]
Points = list[tuple[int, int]]
"""(column, row) from the upper left, in dots or cells."""

_MOST = math.nextafter(math.inf, 0)

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of the dot in [row][column] of a braille cell; Unicode 15, chapter 21.1."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps `low` … `high` onto the positions 0 … `steps` - 1, monotonously; what lies outside goes to the ends."""

    low: float
    high: float
    steps: int

    @classmethod
    def over(cls, values: Iterable[float | None], steps: int) -> Scale:
        """Equal values lie in the middle; without any it is 0 to 1."""
        known = finite(values)
        low, high = min(known, default=0.0), max(known, default=1.0)
        if low == high:
            margin = abs(low) / 2 or 0.5
            low, high = max(-_MOST, low - margin), min(_MOST, high + margin)
        return cls(low, high, steps)

    def at(self, value: float) -> int:
        span = self.high / 2 - self.low / 2  # halves: the whole span may be more than a float holds
        share = (value / 2 - self.low / 2) / span if span > 0 else 0.5
        return min(self.steps - 1, max(0, round(share * (self.steps - 1))))


def finite(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if is_known(value)]


def is_known(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and math.isfinite(value)


def thinned(values: Values, count: int) -> list[float | None]:
    """At most `count`: each the mean of its neighbours that are known."""
    if len(values) <= count:
        return [value if is_known(value) else None for value in values]
    edges = [index * len(values) // count for index in range(count + 1)]
    parts = (finite(values[start:end]) for start, end in pairwise(edges))
    return [sum(value / len(part) for value in part) if part else None for part in parts]


def spread(values: Values, scale: Scale, *, columns: int) -> list[tuple[int, int] | None]:
    """Where each value lies, evenly over the columns; a lone one at the left. Row 0 is the top."""
    last = max(1, len(values) - 1)
    return [
        None if value is None else (round(index * (columns - 1) / last), scale.steps - 1 - scale.at(value))
        for index, value in enumerate(values)
    ]


def braille(places: Sequence[tuple[int, int] | None], *, columns: int, rows: int) -> list[list[str]]:
    """Cells of a line through the dots of a canvas of 2·columns x 4·rows; blank cells are spaces, None is a gap."""
    bits = [[0] * columns for _ in range(rows)]
    for x, y in _dots(places):
        bits[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
    return [[chr(0x2800 + each) if each else " " for each in row] for row in bits]


def axes(canvas: Sequence[Text], scale: Scale, *, ends: tuple[str, str], name: str, width: int) -> list[Text]:
    """The canvas between its axes: figures at the left, the ends of the x-axis below. `scale` has 4 steps a line."""
    labels, margin = _labels(scale), margin_of(scale)
    lines = [
        Text.assemble((labels.get(row, "").rjust(margin - 2) + (" ┤" if row in labels else " │"), "dim"), line)
        for row, line in enumerate(canvas)
    ]
    room = max(0, width - margin)
    corner = Text(" " * (margin - 1) + "└" + "─" * room, "dim")
    return [*lines, corner, _below(ends, name, margin=margin, room=room)]


def margin_of(scale: Scale) -> int:
    """Cells that `axes` takes at the left."""
    return 2 + max(map(cell_len, _labels(scale).values()))


def _labels(scale: Scale) -> dict[int, str]:
    """Line → figure: the limits at both ends, and what the middle of the line in the middle stands for."""
    rows = scale.steps // 4
    marked = {0: figure(scale.high), rows - 1: figure(scale.low)}
    if rows >= 5:
        share = 1 - (4 * (rows // 2) + 1.5) / (scale.steps - 1)
        marked[rows // 2] = figure(scale.low * (1 - share) + scale.high * share)
    return marked


def _below(ends: tuple[str, str], name: str, *, margin: int, room: int) -> Text:
    if ends[0] == ends[1]:
        return Text(" " * margin + cut(f"{name} {ends[0]}", room), "dim")
    left, right = cut(ends[0], room // 3), cut(ends[1], room // 3)
    between = room - cell_len(left) - cell_len(right)
    title = cut(name, max(0, between - 2))
    before = (between - cell_len(title)) // 2
    after = between - cell_len(title) - before
    return Text(" " * margin + left + " " * before + title + " " * after + right, "dim")


def _dots(places: Sequence[tuple[int, int] | None]) -> Iterator[tuple[int, int]]:
    before: tuple[int, int] | None = None
    for place in places:
        if place is not None:
            yield from _segment(before or place, place)
        before = place


def _segment(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        share = step / steps
        yield round(start[0] + share * (end[0] - start[0])), round(start[1] + share * (end[1] - start[1]))
