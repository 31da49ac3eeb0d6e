"""The bias breakdown of one attribute: a row for each group, as one metric's bars or as the heat of several metrics."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.metrics import find_metric
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import VERDICTS, standing
from mltui.tui.presentation import marks
from mltui.tui.presentation.figures import figure, signed
from mltui.tui.presentation.literal import fitted, literal
from mltui.tui.presentation.plot import Scale, is_known
from mltui.tui.presentation.table import GAP, flow, shortened
from mltui.tui.presentation.whiskers import OVERALL, limits, scale_of, whiskers
from mltui.tui.presentation.wrapping import folded

_SHADES = " ░▒▓█"
_STEPS = (math.log(1.05), math.log(1.25), math.log(1.6), math.log(2.0))
"""Ratios, or their inverse, from which on each shade but the first is taken; 1.25 is the limit of *outside*."""
_SHADES_TOLD = "ratio to the others from ░ 1.05  ▒ 1.25  ▓ 1.6  █ 2 on, or as far below 1"
_VERDICT = len("? undecided")
_DETAILS = 5
_LEAST_NAME, _GOOD_NAME, _LEAST_BAR = 10, 24, 12
_BETWEEN, _INTERVAL = " " * GAP, "95 % INTERVAL"
_HEAT = 10
"""Cells of a shade, a figure of up to seven and a symbol."""


def head_lines(
    chosen: Sequence[GroupFigure], where: str, *, overall: float | None, is_heat: bool, width: int
) -> list[Text]:
    """`where` says what is switched to; below it how many groups have which verdict."""
    counts = Counter(each.verdict for each in chosen)
    told = [Text.assemble(marks.mark(each), f" {counts[each]:,}") for each in VERDICTS if counts[each]]
    all_rows = Text(f"{OVERALL} all rows {figure(overall)}", "dim")
    shades = [Text(_SHADES_TOLD, "dim")] if is_heat else []
    return [shortened(line, width) for line in (Text(where, "bold"), flow([*told, all_rows], width=width)[0], *shades)]


@dataclass(frozen=True, slots=True)
class BarTable:
    """Groups as `n  value  ├──●──┤  verdict` on one scale, whatever page of them is painted."""

    overall: float | None
    scale: Scale | None
    widths: tuple[int, int, int, int]
    """Cells of group, n, value, and interval in figures; the last is 0 where there is no room."""
    bar: int

    @classmethod
    def over(cls, chosen: Sequence[GroupFigure], overall: float | None, *, width: int) -> BarTable:
        longest = max((cell_len(_name(each.group)) for each in chosen), default=_LEAST_NAME)
        n, value = _widest("N", (f"{each.n:,}" for each in chosen)), _widest("VALUE", map(_value, chosen))
        room = width - n - value - _VERDICT - 4 * GAP
        spare = room - min(longest, _GOOD_NAME) - 2 * _LEAST_BAR - GAP
        interval = _widest(_INTERVAL, map(_interval, chosen)) if spare >= len(_INTERVAL) else 0
        interval = interval if interval <= spare else 0
        room -= interval + GAP if interval else 0
        name = max(_LEAST_NAME, min(longest, room - 2 * _LEAST_BAR, room // 2))
        return cls(overall, scale_of(chosen, overall), (name, n, value, interval), max(room - name, 1))

    @property
    def head(self) -> str:
        bar = fitted("" if self.scale is None else limits(self.scale, self.bar), self.bar)
        return f"{self._figures('GROUP', 'N', 'VALUE', _INTERVAL)}{bar}{_BETWEEN}VERDICT"

    def line(self, group: GroupFigure) -> Text:
        line = Text(self._figures(_name(group.group), f"{group.n:,}", _value(group), _interval(group)))
        if self.scale is None:
            line.append(" " * self.bar)
        else:
            line.append_text(whiskers(group, self.overall, scale=self.scale, width=self.bar))
        word, style = _verdict(group.verdict)
        return line.append(_BETWEEN).append(word, style)

    def _figures(self, name: str, n: str, value: str, interval: str) -> str:
        cells = [fitted(name, self.widths[0]), n.rjust(self.widths[1]), value.rjust(self.widths[2])]
        cells += [interval.ljust(self.widths[3])] if self.widths[3] else []
        return _BETWEEN.join([*cells, ""])


@dataclass(frozen=True, slots=True)
class HeatTable:
    """Groups by several metrics: a shade for how far a figure lies from the others', the figure, the verdict's symbol.

    ░ from a ratio of 1.05 on (or 1/1.05), ▒ 1.25, ▓ 1.6, █ 2.
    """

    metrics: tuple[str, ...]
    """Those beside each other for which there is room, the switched one among them."""
    switched: str
    name: int
    """Cells."""

    @classmethod
    def over(cls, groups: Iterable[str], metrics: Sequence[str], switched: str, *, width: int) -> HeatTable:
        longest = max((cell_len(_name(each)) for each in groups), default=_LEAST_NAME)
        name = max(_LEAST_NAME, min(longest, width // 3))
        count = max((width - name) // (_HEAT + GAP), 1)
        first = metrics.index(switched) // count * count if switched in metrics else 0
        return cls(tuple(metrics[max(min(first, len(metrics) - count), 0) :][:count]), switched, name)

    @property
    def head(self) -> str:
        names = ("▸" * (each == self.switched) + literal(each) for each in self.metrics)
        return _BETWEEN.join([fitted("GROUP", self.name), *(fitted(each, _HEAT, ">") for each in names)])

    def line(self, name: str, figures: Mapping[str, GroupFigure]) -> Text:
        line = Text(fitted(_name(name), self.name))
        for metric in self.metrics:
            group = figures.get(metric)
            told, style = ("·", "dim") if group is None else _heat(group)
            line.append(_BETWEEN).append(fitted(told, _HEAT, ">"), style)
        return line


def detail_lines(group: GroupFigure | None, *, width: int) -> list[Text]:
    """Always as many, so that the rows above keep their place: figure, comparison, and what the metric means."""
    if group is None:
        return [Text("· no group", "dim"), *(Text() for _ in range(_DETAILS - 1))]
    interval = f" ({_interval(group)})" if _interval(group) else ""
    told = f"{literal(group.group)}: {literal(group.metric)} {_value(group)}{interval} of {group.n:,} rows"
    known = find_metric(group.metric)
    meaning = folded(known.sentence, width, most=2) if known is not None else []
    lines = [
        shortened(Text.assemble(marks.mark(group.verdict), f"   {told}"), width),
        *(Text(line) for line in folded(_against(group), width, most=2)),
        *(Text(line, "dim") for line in meaning),
    ]
    return [*lines, *(Text() for _ in range(_DETAILS))][:_DETAILS]


def _against(group: GroupFigure) -> str:
    parts = []
    if group.ratio is not None:
        parts.append(f"ratio {figure(group.ratio)} ({figure(group.ratio_low)} to {figure(group.ratio_high)})")
    if group.difference is not None:
        bounds = f"{signed(group.difference_low)} to {signed(group.difference_high)}"
        parts.append(f"difference {signed(group.difference)} ({bounds})")
    needed = [] if group.needed is None else [f"{group.needed:,} rows would decide it"]
    side = standing(group) if group.verdict == "outside" else ""
    against = f"{side} than" if side else "to"
    return f"{against} {literal(group.reference)}: {', '.join(parts) or 'not told'}" + "".join(
        f"; {each}" for each in needed
    )


def _heat(group: GroupFigure) -> tuple[str, str]:
    word, style = _verdict(group.verdict)
    return f"{_shade(group.ratio)}{_value(group)} {word[:1]}", style


def _shade(ratio: float | None) -> str:
    if not is_known(ratio):
        return _SHADES[0]
    distance = abs(math.log(ratio)) if ratio > 0 else math.inf
    return _SHADES[sum(distance >= step for step in _STEPS)]


def _value(group: GroupFigure) -> str:
    return figure(group.value if is_known(group.value) else None)


def _interval(group: GroupFigure) -> str:
    return f"{figure(group.low)} to {figure(group.high)}" if is_known(group.low) and is_known(group.high) else ""


@lru_cache(4096)
def _name(group: str) -> str:
    """Of hundreds of groups, at each key."""
    return literal(group)


@lru_cache(64)
def _verdict(verdict: str) -> tuple[str, str]:
    """Symbol with word, and style."""
    return marks.mark(verdict).plain, marks.style(verdict)


def _widest(head: str, cells: Iterable[str]) -> int:
    return max(len(head), *map(len, cells), 0)
