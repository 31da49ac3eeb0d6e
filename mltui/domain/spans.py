"""How far groups lie apart in one metric: Fairlearn's figures over a breakdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mltui.domain.version import GroupFigure


@dataclass(frozen=True, slots=True)
class Span:
    """One metric over the groups of one attribute that have it; None where no group has.

    Groups that are told together are in none of it: what they are on average says nothing of how far they lie apart.
    """

    attribute: str
    metric: str
    overall: float | None
    """Of all rows, also those without a value of the attribute."""
    group_min: float | None
    group_max: float | None
    difference: float | None
    """Largest less smallest."""
    ratio: float | None
    """Smallest to largest; None where that is negative, or both are 0."""


def spans_of(figures: Iterable[GroupFigure], overall: Mapping[str, float | None]) -> tuple[Span, ...]:
    """In the order of the breakdown. `overall`: metric → value of all rows."""
    groups: dict[tuple[str, str], list[float]] = {}
    for figure in figures:
        values = groups.setdefault((figure.attribute, figure.metric), [])
        if figure.value is not None and not figure.pooled:
            values.append(figure.value)
    return tuple(_span(*names, overall.get(names[1]), values) for names, values in groups.items())


def _span(attribute: str, metric: str, overall: float | None, values: list[float]) -> Span:
    if not values:
        return Span(attribute, metric, overall, None, None, None, None)
    low, high = min(values), max(values)
    ratio = low / high if low >= 0 and high > 0 else None
    return Span(attribute, metric, overall, low, high, high - low, ratio)
