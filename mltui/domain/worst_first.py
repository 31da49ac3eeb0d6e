"""The order in which figures of a breakdown are looked at."""

from __future__ import annotations

from collections.abc import Iterable

from mltui.domain.metrics import Metric, find_metric
from mltui.domain.version import GroupFigure

VERDICTS = ("outside", "undecided", "too few", "within")
_OPEN = ("outside", "undecided")
_PLAIN = ("accuracy", "recall", "precision", "false_positive_rate", "mae")
"""What a person reads without knowing statistics; of others the same difference may mean anything."""


def worst_first(figures: Iterable[GroupFigure]) -> list[GroupFigure]:
    """What is outside, then undecided, then of too few rows; among them by how much worse off than the reference.

    Without a difference to the reference by the ratio, or the value. Where neither way is better, what lies furthest
    away is worst.
    """
    return sorted(figures, key=_rank)


def most_telling(figures: Iterable[GroupFigure]) -> GroupFigure | None:
    """The one to look at first: of a group that is worse off, in words that are plain; None without figures.

    The first where none is outside or undecided.
    """
    return next(iter(most_telling_first(figures)), None)


def most_telling_first(figures: Iterable[GroupFigure]) -> list[GroupFigure]:
    return sorted(figures, key=_telling)


def standing(figure: GroupFigure) -> str:
    """“worse off” or “better off” than the reference; empty where neither way is better, or nothing is known."""
    metric, gap = find_metric(figure.metric), _gap(figure)
    if metric is None or metric.direction == "neither" or not gap:
        return ""
    return "worse off" if _harm(metric, gap) > 0 else "better off"


def _telling(figure: GroupFigure) -> tuple[int, bool, bool, int, bool, float, tuple[str, ...]]:
    verdict, is_untold, harm, names = _rank(figure)
    if figure.verdict not in _OPEN:
        return verdict, False, False, 0, False, 0.0, ()
    is_hidden = standing(figure) != "worse off"
    return verdict, is_hidden, figure.metric not in _PLAIN, len(figure.slice), is_untold, harm, names


def _gap(figure: GroupFigure) -> float | None:
    if figure.difference is not None or figure.ratio is None:
        return figure.difference
    return figure.ratio - 1


def _rank(figure: GroupFigure) -> tuple[int, bool, float, tuple[str, ...]]:
    verdict = VERDICTS.index(figure.verdict) if figure.verdict in VERDICTS else len(VERDICTS)
    gap = _gap(figure)
    told = figure.value if gap is None else gap
    harm = 0.0 if told is None else _harm(find_metric(figure.metric), told)
    return verdict, told is None, -harm, tuple(figure.slice.values())


def _harm(metric: Metric | None, value: float) -> float:
    direction = "neither" if metric is None else metric.direction
    return {"higher": -value, "lower": value}.get(direction, abs(value))
