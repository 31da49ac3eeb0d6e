"""The order in which figures of a breakdown are looked at."""

from __future__ import annotations

from collections.abc import Iterable

from mltui.domain.metrics import Metric, find_metric
from mltui.domain.version import GroupFigure

VERDICTS = ("outside", "undecided", "too few", "within")


def worst_first(figures: Iterable[GroupFigure]) -> list[GroupFigure]:
    """What is outside, then undecided, then of too few rows; among them by how much worse off than the reference.

    Without a difference to the reference by the value. Where neither way is better, what lies furthest away is worst.
    """
    return sorted(figures, key=_rank)


def _rank(figure: GroupFigure) -> tuple[int, bool, float, tuple[str, ...]]:
    verdict = VERDICTS.index(figure.verdict) if figure.verdict in VERDICTS else len(VERDICTS)
    told = figure.value if figure.difference is None else figure.difference
    harm = 0.0 if told is None else _harm(find_metric(figure.metric), told)
    return verdict, told is None, -harm, tuple(figure.slice.values())


def _harm(metric: Metric | None, value: float) -> float:
    direction = "neither" if metric is None else metric.direction
    return {"higher": -value, "lower": value}.get(direction, abs(value))
