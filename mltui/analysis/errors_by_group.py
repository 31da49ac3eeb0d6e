"""Metrics that are means of one figure a row, by group, from sums that groups can be added up of."""

from __future__ import annotations

import numpy as np

from mltui.analysis.estimates import row_figures
from mltui.analysis.grouping import Grouping
from mltui.analysis.intervals import Array
from mltui.analysis.sides import MeanSides, RootSides, Sides
from mltui.analysis.table import EvaluationTable

_ROUNDING = 1e-9
"""Figures that differ by less of themselves are alike."""
_SUMMED_ROUNDING = 1e-13
"""The same of a difference of sums."""

Pair = tuple[Sides, Sides]
"""Each group's own side, and that of all rows of other groups."""


def means(table: EvaluationTable, metric: str, grouping: Grouping) -> Pair | None:
    """`mae`, `rmse`, `r2`, `mean_error` of a regression, `log_loss` of scores; None for others."""
    if metric == "r2" and table.task == "regression":
        return _explained(table, grouping)
    if metric == "rmse" and table.task == "regression":
        own, others = _means((table.prediction - table.truth) ** 2, grouping, is_error=True)
        return RootSides(own), RootSides(others)
    values = row_figures(table, metric)
    return None if values is None else _means(values, grouping, is_error=metric != "mean_error")


def _means(values: Array, grouping: Grouping, *, is_error: bool) -> tuple[MeanSides, MeanSides]:
    is_there = np.isfinite(values)
    if not is_there.all():
        values, grouping = values[is_there], grouping.take(np.flatnonzero(is_there))
    centre = float(values.mean()) if len(values) else 0.0
    sums = np.stack([grouping.rows, grouping.total(values - centre), grouping.total((values - centre) ** 2)])
    pair, ends = (sums, sums.sum(axis=1, keepdims=True) - sums), _ends(values)
    own, others = (_side(part, centre, ends, is_error=is_error) for part in pair)
    return own, others


def _ends(values: Array) -> tuple[float, float]:
    """The lowest and the highest; the same one twice where they differ by rounding alone."""
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    return (low, high) if high - low > _ROUNDING * abs(high) else (high, high)


def _side(sums: Array, centre: float, ends: tuple[float, float], *, is_error: bool) -> MeanSides:
    """From rows, sums of the figures less `centre`, and sums of the squares of that."""
    rows, total, squares = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        value = centre + total / rows
        variance = np.maximum(0, (squares - total**2 / rows) / (rows - 1))
    rounding = _SUMMED_ROUNDING * (value - centre) ** 2 + (_ROUNDING * value) ** 2
    variance = np.where(variance <= rounding, 0, variance)
    value = np.maximum(0, value) if is_error else value
    low, high = (np.full_like(value, end) for end in ends)
    return MeanSides(rows, value, np.where(rows > 1, variance, np.nan), (low, high), is_error=is_error)


def _explained(table: EvaluationTable, grouping: Grouping) -> Pair:
    """1 − squared error / variance of the truth, each group's own; the delta method gives its variance."""
    centre, unit = float(table.truth.mean()), float(table.truth.std()) or 1.0
    truth, square = (table.truth - centre) / unit, ((table.prediction - table.truth) / unit) ** 2
    powers = [np.ones_like(truth), truth, truth**2, truth**3, truth**4]
    parts = [*powers, square, square**2, square * truth, square * truth**2]
    sums, ends = np.stack([grouping.total(part) for part in parts]), _ends(square)
    return _explained_side(sums, ends), _explained_side(sums.sum(axis=1, keepdims=True) - sums, ends)


def _explained_side(sums: Array, ends: tuple[float, float]) -> MeanSides:
    """From sums of the truth's powers 0 to 4, of squared errors and their squares, and of those times the truth's
    powers 1 and 2; `ends` are the lowest and the highest squared error of the whole table."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two, three, four, error, error_squares, crossed, crossed_squares = sums[1:] / sums[0]
        spread = two - one**2
        fourth = four - 4 * one * three + 6 * one**2 * two - 3 * one**4
        shared = crossed_squares - 2 * one * crossed + one**2 * error
        variance = (
            (error_squares - error**2) / spread**2
            + error**2 / spread**4 * (fourth - spread**2)
            - 2 * error / spread**3 * (shared - error * spread)
        )
        is_told = (spread > 1e-12) & (sums[0] > 1)
        value = np.where(is_told, 1 - error / spread, np.nan)
        high, low = (np.where(is_told, 1 - end / spread, np.nan) for end in ends)
        rounding = _SUMMED_ROUNDING * (error / spread) ** 2
    variance = np.where(is_told, np.where(variance <= rounding, 0, variance), np.nan)
    return MeanSides(np.where(is_told, sums[0], 0), value, variance, (low, high), is_error=False, most=1.0)
