"""Places of what a report draws, in the units of its pictures. Pure; the page draws lines and words at them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mltui.domain.version import GroupFigure
from mltui.operations.versions.bias_trend import TrendPoint

WIDTH = 640
_LEFT, _RIGHT, _ROW = 150, 110, 30
_MARKS = {"live": "◆ ", "before": "◇ ", "never": ""}
CURVE_HEIGHT = 220
_CURVE_LEFT, _CURVE_RIGHT = 60, 150


@dataclass(frozen=True, slots=True)
class Bar:
    """One group: its interval as a line, its value as a dot."""

    name: str
    y: float
    x: float | None
    """None where the value is undefined."""
    low: float | None
    high: float | None
    told: str
    verdict: str


@dataclass(frozen=True, slots=True)
class GroupChart:
    title: str
    bars: tuple[Bar, ...]
    height: float
    overall: float | None
    """Where the value of all rows together stands."""
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: str
    """As an SVG polyline has them."""
    last: str


@dataclass(frozen=True, slots=True)
class CurveChart:
    lines: tuple[Line, ...]
    y_ticks: tuple[tuple[float, str], ...]
    epochs: int


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, count: int) -> tuple[tuple[float, str], ...]:
        values = [self.low + (self.high - self.low) * place / (count - 1) for place in range(count)]
        return tuple((self.at(value), figure(value)) for value in values)


def figure(value: float | None) -> str:
    """Four significant digits; a dash for what is not defined."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 999.95 else f"{value:.4g}"


def group_chart(groups: Sequence[GroupFigure], *, overall: float | None) -> GroupChart:
    """Of one metric of one attribute."""
    axis = _axis([x for each in groups for x in (each.low, each.value, each.high)] + [overall], _LEFT, WIDTH - _RIGHT)
    bars = tuple(_bar(each, axis, y=_ROW * (place + 0.5)) for place, each in enumerate(groups))
    return GroupChart(
        title=f"{groups[0].metric} by {groups[0].attribute}",
        bars=bars,
        height=_ROW * len(groups) + 24,
        overall=None if overall is None else axis.at(overall),
        ticks=axis.ticks(3),
    )


def trend_chart(points: Sequence[TrendPoint], *, title: str) -> GroupChart | None:
    """The group that is worst off in each version; None with fewer than two versions that have one."""
    known = [(each, each.worst) for each in points if each.worst is not None]
    if len(known) < 2:
        return None
    axis = _axis([x for _, worst in known for x in (worst.low, worst.value, worst.high)], _LEFT, WIDTH - _RIGHT)
    bars = (
        replace(_bar(worst, axis, y=_ROW * (place + 0.5)), name=f"{_MARKS[each.standing]}v{each.version} {worst.group}")
        for place, (each, worst) in enumerate(known)
    )
    return GroupChart(title, tuple(bars), _ROW * len(known) + 24, None, axis.ticks(3))


def curve_chart(epochs: Sequence[Mapping[str, float]]) -> CurveChart | None:
    """Training and validation loss over the epochs; None with fewer than two of them."""
    series = {name: _known(epochs, name) for name in ("train_loss", "validation_loss")}
    drawn = {name: found for name, found in series.items() if len(found) >= 2}
    if not drawn:
        return None
    y = _axis([value for found in drawn.values() for _, value in found], CURVE_HEIGHT - 24, 12)
    x = _Axis(0, len(epochs) - 1, _CURVE_LEFT, WIDTH - _CURVE_RIGHT)
    lines = (
        Line(name, " ".join(f"{x.at(place)},{y.at(value)}" for place, value in found), figure(found[-1][1]))
        for name, found in drawn.items()
    )
    return CurveChart(tuple(lines), y.ticks(3), len(epochs))


def shades(confusion: Iterable[Sequence[int]]) -> Iterator[list[tuple[int, float]]]:
    """[truth][prediction]: the count, and its share of the row."""
    for row in confusion:
        total = sum(row) or 1
        yield [(count, round(count / total, 3)) for count in row]


def _known(epochs: Sequence[Mapping[str, float]], name: str) -> list[tuple[int, float]]:
    values = [(place, epoch.get(name)) for place, epoch in enumerate(epochs)]
    return [(place, float(value)) for place, value in values if value is not None and math.isfinite(value)]


def _bar(each: GroupFigure, axis: _Axis, *, y: float) -> Bar:
    x, low, high = (None if value is None else axis.at(value) for value in (each.value, each.low, each.high))
    return Bar(each.group, y, x, low, high, f"{figure(each.value)}  n {each.n:,}", each.verdict)


def _axis(values: Iterable[float | None], start: float, end: float) -> _Axis:
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    return _Axis(low, high if high > low else low + 1, start, end)
