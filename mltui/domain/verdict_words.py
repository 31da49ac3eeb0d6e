"""What a verdict means for one figure: against whom, how far from which limit, how surely."""

from __future__ import annotations

from mltui.domain.bias_limits import USUAL_LIMITS
from mltui.domain.checks import number
from mltui.domain.metrics import find_metric
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import standing

_LIMITS = f"{USUAL_LIMITS.least_ratio:g} to {USUAL_LIMITS.most_ratio:g}"
_DEVIATIONS = " standard deviations of the truth"


def reason(figure: GroupFigure) -> str:
    """One sentence, without the figure's own name and value; empty for a verdict that is not known."""
    told = {"outside": _outside, "undecided": _undecided, "too few": _too_few, "within": _within}.get(figure.verdict)
    return told(figure) if told is not None else ""


def with_side(figure: GroupFigure) -> str:
    """The verdict; of what is outside also on which side, where the metric has one."""
    side = standing(figure) if figure.verdict == "outside" else ""
    return f"{figure.verdict}, {side}" if side else figure.verdict


def rows_to_collect(figure: GroupFigure) -> int | None:
    """So many more in the denominator would be enough for a verdict; None where that is not known."""
    wanted = {"undecided": figure.needed, "too few": USUAL_LIMITS.least_rows}.get(figure.verdict)
    return wanted - figure.n if wanted is not None and wanted > figure.n and not figure.pooled else None


def _outside(figure: GroupFigure) -> str:
    side = standing(figure)
    against = f"{side} than" if side else "differs from"
    return f"{against} {figure.reference}: {_compared(figure)}, {_limit(figure)}, by more than chance explains"


def _undecided(figure: GroupFigure) -> str:
    if figure.ratio is None and figure.difference is None:
        return f"{figure.reference}: too few rows to compare with"
    return f"{_compared(figure)}: too few rows to tell whether that lies {_limits(figure)}"


def _too_few(figure: GroupFigure) -> str:
    if figure.pooled:
        return f"{figure.pooled:,} groups, each with fewer than the {USUAL_LIMITS.least_rows} rows of a verdict"
    if figure.n < USUAL_LIMITS.least_rows:
        return f"of fewer than {USUAL_LIMITS.least_rows} rows that count nothing is said"
    return f"its {figure.metric} is undefined on these rows, for instance where all are of one class"


def _within(figure: GroupFigure) -> str:
    if figure.reference == figure.group:
        return "the group that all others are held against"
    return f"{_compared(figure)}: {'surely within ' + _LIMITS if _is_surely_within(figure) else _too_little(figure)}"


def _is_surely_within(figure: GroupFigure) -> bool:
    low, high = figure.ratio_low, figure.ratio_high
    is_told = low is not None and high is not None
    return is_told and low >= USUAL_LIMITS.least_ratio and high <= USUAL_LIMITS.most_ratio  # type: ignore[operator]


def _too_little(figure: GroupFigure) -> str:
    if _is_signed(figure):
        return f"surely within {_farthest(figure)}, or too little to matter"
    return f"less than {USUAL_LIMITS.least_difference:g}{_unit(figure)} apart, too little to matter"


def _compared(figure: GroupFigure) -> str:
    """By the difference where there is no ratio: the others are at 0, or the metric may lie below it."""
    if figure.ratio is not None:
        bounds = _bounds(figure.ratio_low, figure.ratio_high)
        return f"its {figure.metric} is {number(figure.ratio)} times that of {figure.reference}{bounds}"
    if figure.difference is None:
        return f"its {figure.metric} against that of {figure.reference} is not told"
    bounds = _bounds(figure.difference_low, figure.difference_high)
    return f"its {figure.metric} lies {number(figure.difference, sign='+')} from that of {figure.reference}{bounds}"


def _bounds(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f" ({number(low)} or more)"
    return f" ({number(low)} to {number(high)})" if low is not None else f" ({number(high)} or less)"


def _limit(figure: GroupFigure) -> str:
    """On the side on which it lies."""
    if figure.ratio is None:
        return f"more than {_farthest(figure)} apart" if _is_signed(figure) else "which is 0"
    if figure.ratio < USUAL_LIMITS.least_ratio:
        return f"below the limit of {USUAL_LIMITS.least_ratio:g}"
    return f"above the limit of {USUAL_LIMITS.most_ratio:g}"


def _limits(figure: GroupFigure) -> str:
    return f"within {_farthest(figure)}" if _is_signed(figure) else f"within {_LIMITS}"


def _farthest(figure: GroupFigure) -> str:
    return f"{USUAL_LIMITS.most_difference:g}{_unit(figure)}"


def _is_signed(figure: GroupFigure) -> bool:
    known = find_metric(figure.metric)
    return known is not None and known.is_signed


def _unit(figure: GroupFigure) -> str:
    known = find_metric(figure.metric)
    return _DEVIATIONS if known is not None and known.task == "regression" and figure.metric != "r2" else ""
