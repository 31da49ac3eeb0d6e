"""The bias breakdown of one attribute: a row for each group, as one metric's bars or as the heat of several metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.text import Text

from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import VERDICTS, standing
from mltui.tui.presentation import marks
from mltui.tui.presentation.bias_page import Switched
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import fitted, literal
from mltui.tui.presentation.metric_groups import MetricGroups, interval_of, name_in, value_of
from mltui.tui.presentation.plot import Scale, is_known
from mltui.tui.presentation.table import GAP, flow, shortened
from mltui.tui.presentation.whiskers import OVERALL, limits, whiskers

_SHADES = " ░▒▓█"
_STEPS = (math.log(1.05), math.log(1.25), math.log(1.6), math.log(2.0))
"""Ratios, or their inverse, from which on each shade but the first is taken; 1.25 is the limit of *outside*."""
_SHADES_TOLD = "ratio to the others from ░ 1.05 ▒ 1.25 ▓ 1.6 █ 2, or below 1; none: better off"
_VERDICT = len("? undecided")
_LEAST_NAME, _GOOD_NAME, _LEAST_BAR = 10, 24, 12
_BETWEEN, _INTERVAL = " " * GAP, "95 % INTERVAL"
_HEAT = 10
"""Cells of a shade, a figure of up to seven and a symbol."""


def head_lines(chosen: MetricGroups, switched: Switched, *, is_heat: bool, width: int) -> list[Text]:
    """What is switched to; below it how many groups have which verdict."""
    counts = chosen.verdicts
    told = [Text.assemble(marks.mark(each), f" {counts[each]:,}") for each in VERDICTS if counts.get(each)]
    all_rows = Text(f"{OVERALL} all rows {figure(chosen.overall)}", "dim")
    shades = [Text(_SHADES_TOLD, "dim")] if is_heat else []
    return [shortened(line, width) for line in (switched.line(width), flow([*told, all_rows], width=width)[0], *shades)]


@dataclass(frozen=True, slots=True)
class BarTable:
    """Groups as `n  value  ├──●──┤  verdict` on one scale, whatever page of them is painted."""

    overall: float | None
    scale: Scale | None
    widths: tuple[int, int, int, int]
    """Cells of group, n, value, and interval in figures; the last is 0 where there is no room."""
    bar: int

    @classmethod
    def over(cls, chosen: MetricGroups, *, width: int) -> BarTable:
        widest = chosen.widths
        n, value, interval = max(1, widest.n), max(len("VALUE"), widest.value), max(len(_INTERVAL), widest.interval)
        room = width - n - value - _VERDICT - 4 * GAP
        spare = room - min(widest.group, _GOOD_NAME) - 2 * _LEAST_BAR - GAP
        interval = interval if interval <= spare else 0
        room -= interval + GAP if interval else 0
        name = max(_LEAST_NAME, min(widest.group, room - 2 * _LEAST_BAR, room // 2))
        return cls(chosen.overall, chosen.scale, (name, n, value, interval), max(room - name, 1))

    @property
    def head(self) -> str:
        bar = fitted("" if self.scale is None else limits(self.scale, self.bar), self.bar)
        return f"{self._figures(fitted('GROUP', self.widths[0]), 'N', 'VALUE', _INTERVAL)}{bar}{_BETWEEN}VERDICT"

    def line(self, group: GroupFigure) -> Text:
        name = name_in(group.group, self.widths[0])
        line = Text(self._figures(name, f"{group.n:,}", value_of(group), interval_of(group)))
        if self.scale is None:
            line.append(" " * self.bar)
        else:
            line.append_text(whiskers(group, self.overall, scale=self.scale, width=self.bar))
        word, style = _verdict(group.verdict)
        return line.append(_BETWEEN).append(word, style)

    def _figures(self, name: str, n: str, value: str, interval: str) -> str:
        cells = [name, n.rjust(self.widths[1]), value.rjust(self.widths[2])]
        cells += [interval.ljust(self.widths[3])] if self.widths[3] else []
        return _BETWEEN.join([*cells, ""])


@dataclass(frozen=True, slots=True)
class HeatTable:
    """Groups by several metrics: a shade for how far a figure lies from the others', the figure, the verdict's symbol.

    ░ from a ratio of 1.05 on (or 1/1.05), ▒ 1.25, ▓ 1.6, █ 2; none for a group that is better off.
    """

    metrics: tuple[str, ...]
    """Those beside each other for which there is room, the switched one among them."""
    switched: str
    name: int
    """Cells."""

    @classmethod
    def over(cls, groups: MetricGroups, metrics: Sequence[str], switched: str, *, width: int) -> HeatTable:
        longest = groups.widths.group
        name = max(_LEAST_NAME, min(longest, width // 3))
        count = max((width - name) // (_HEAT + GAP), 1)
        first = metrics.index(switched) // count * count if switched in metrics else 0
        return cls(tuple(metrics[max(min(first, len(metrics) - count), 0) :][:count]), switched, name)

    @property
    def head(self) -> str:
        names = ("▸" * (each == self.switched) + literal(each) for each in self.metrics)
        return _BETWEEN.join([fitted("GROUP", self.name), *(fitted(each, _HEAT, ">") for each in names)])

    def line(self, name: str, by_metric: Mapping[str, MetricGroups]) -> Text:
        line = Text(name_in(name, self.name))
        for metric in self.metrics:
            group = by_metric[metric].figures.get(name)
            told, style = ("·", "dim") if group is None else _heat(group)
            line.append(_BETWEEN).append(fitted(told, _HEAT, ">"), style)
        return line


def _heat(group: GroupFigure) -> tuple[str, str]:
    word, style = _verdict(group.verdict)
    shade = _SHADES[0] if standing(group) == "better off" else _shade(group.ratio)
    return f"{shade}{value_of(group)} {word[:1]}", style


def _shade(ratio: float | None) -> str:
    if not is_known(ratio):
        return _SHADES[0]
    distance = abs(math.log(ratio)) if ratio > 0 else math.inf
    return _SHADES[sum(distance >= step for step in _STEPS)]


@lru_cache(64)
def _verdict(verdict: str) -> tuple[str, str]:
    """Symbol with word, and style."""
    return marks.mark(verdict).plain, marks.style(verdict)
