"""The order in which figures of a breakdown are looked at."""

from __future__ import annotations

from collections.abc import Iterable

from mltui.domain.bias_limits import USUAL_LIMITS
from mltui.domain.metrics import Metric, find_metric
from mltui.domain.version import GroupFigure

VERDICTS = ("outside", "undecided", "too few", "within")
_UNCLEAR = ("undecided", "too few")
_FELT = ("accuracy", "recall", "precision", "selection_rate", "false_positive_rate", "false_negative_rate", "mae")
"""What a person feels who gets the answers, all on one scale; of scores and squares the same difference may mean
anything.
"""
_OF_DATA = "base_rate"

_Rank = tuple[int, int, bool, float, tuple[str, ...]]


def worst_first(figures: Iterable[GroupFigure]) -> list[GroupFigure]:
    """What is outside, then what is unclear, of whatever few rows; among them what may be harm before the rest.

    First is who is worse off in what people feel, then in another way or by another metric, then better off, then what
    nothing is told of, then what is a fact of the data. Within each what chance hardly explains, then by how much worse
    off than the reference: by the difference, else by the ratio, or the value. Where neither way is better, what lies
    furthest away is worst.
    """
    return sorted(figures, key=_rank)


def most_telling(figures: Iterable[GroupFigure]) -> GroupFigure | None:
    """The one to look at first: of a whole group that is worse off, by what people feel; None without figures.

    The first where all are within.
    """
    return next(iter(most_telling_first(figures)), None)


def most_telling_first(figures: Iterable[GroupFigure]) -> list[GroupFigure]:
    """As the worst first, but groups of one attribute before those of several that tell the same kind of harm."""
    return sorted(figures, key=_telling)


def standing(figure: GroupFigure) -> str:
    """“worse off” or “better off” than the reference; empty where neither way is better, or nothing is known."""
    metric, gap = find_metric(figure.metric), _gap(figure)
    if metric is None or metric.direction == "neither" or not gap:
        return ""
    return "worse off" if _harm(metric, gap) > 0 else "better off"


def may_be_harmed(figure: GroupFigure) -> bool:
    """Worse off by more than the limits allow, or without a ratio by more than chance explains; be the rows too few."""
    if standing(figure) != "worse off":
        return False
    if figure.ratio is None:
        return not _may_be_chance(figure)
    return not USUAL_LIMITS.least_ratio <= figure.ratio <= USUAL_LIMITS.most_ratio


def is_of_data(figure: GroupFigure) -> bool:
    """No answer of a model changes it."""
    return figure.metric.partition(":")[0] == _OF_DATA


def _telling(figure: GroupFigure) -> tuple[int, int, int, _Rank]:
    verdict, kind, *_ = rank = _rank(figure)
    if verdict == _verdict("within"):
        return verdict, 0, 0, (0, 0, False, 0.0, ())
    return verdict, kind, len(figure.slice), rank


def _gap(figure: GroupFigure) -> float | None:
    if figure.difference is not None or figure.ratio is None:
        return figure.difference
    return figure.ratio - 1


def _rank(figure: GroupFigure) -> _Rank:
    gap = _gap(figure)
    told = figure.value if gap is None else gap
    harm = 0.0 if told is None else _harm(find_metric(figure.metric), told)
    return _verdict(figure.verdict), _kind(figure), _may_be_chance(figure), -harm, tuple(figure.slice.values())


def _verdict(verdict: str) -> int:
    return {"outside": 0, "undecided": 1, "too few": 1, "within": 2}.get(verdict, 3)


def _kind(figure: GroupFigure) -> int:
    side = standing(figure)
    if is_of_data(figure):
        return 5
    if _gap(figure) is None:
        return 4
    if side == "better off":
        return 3
    if figure.metric.partition(":")[0] not in _FELT:
        return 2
    return 0 if side else 1


def _may_be_chance(figure: GroupFigure) -> bool:
    """Of an unclear one: what is outside is beyond chance already."""
    if figure.verdict not in _UNCLEAR:
        return False
    low, high = figure.difference_low, figure.difference_high
    return low is None or high is None or low <= 0 <= high


def _harm(metric: Metric | None, value: float) -> float:
    direction = "neither" if metric is None else metric.direction
    return {"higher": -value, "lower": value}.get(direction, abs(value))
