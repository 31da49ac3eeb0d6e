"""Metrics that are smooth functions of per-row figures: their value, and how much each row moves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mltui.analysis.intervals import Array
from mltui.analysis.shares import Kind, Share, count, fractions
from mltui.analysis.table import EvaluationTable

_LEAST_SCORE = float(np.finfo(float).eps)
"""As in scikit-learn, so that one score of 0 does not make the loss infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    value: float
    influence: Array | None
    """[N], summing to 0; the variance of `value` is the sum of their squares / N². None where rows are too few."""


def spread(influence: Array) -> float:
    """Standard error of an estimate, or of a difference of two on the same rows, from its influences."""
    return float(np.sqrt((influence**2).sum()) / len(influence))


def row_figures(table: EvaluationTable, metric: str) -> Array | None:
    """[N], where the metric is their mean: `mae`, `mean_error`, `log_loss`. None for others and without scores."""
    if metric == "mae" and table.task == "regression":
        return np.asarray(np.abs(table.prediction - table.truth))
    if metric == "mean_error" and table.task == "regression":
        return np.asarray(table.prediction - table.truth)
    if metric == "log_loss" and table.scores is not None:
        own = table.scores[np.arange(len(table)), table.truth]
        return np.asarray(-np.log(np.clip(own, _LEAST_SCORE, 1)))
    return None


def auc(table: EvaluationTable) -> Estimate | None:
    """Area under the ROC curve of the second of two classes, with DeLong's variance (Sun and Xu 2014)."""
    if table.scores is None or table.scores.shape[1] != 2:
        return None
    is_positive, score = table.truth == 1, table.scores[:, 1]
    positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
    if positives == 0 or negatives == 0:
        return None
    ranks = _midranks(score)
    above = (ranks[is_positive] - _midranks(score[is_positive])) / negatives
    below = 1 - (ranks[~is_positive] - _midranks(score[~is_positive])) / positives
    area = float(above.mean())
    if positives == 1 or negatives == 1:
        return Estimate(area, None)
    influence = np.empty(len(table))
    influence[is_positive] = (above - area) * len(table) / np.sqrt(positives * (positives - 1))
    influence[~is_positive] = (below - area) * len(table) / np.sqrt(negatives * (negatives - 1))
    return Estimate(area, influence)


def rmse(table: EvaluationTable) -> Estimate:
    squares = (table.prediction - table.truth) ** 2
    root = float(np.sqrt(squares.mean()))
    return Estimate(root, _scaled((squares - squares.mean()) / (2 * root) if root > 0 else squares))


def r2(table: EvaluationTable) -> Estimate | None:
    """1 − squared error / variance of the truth; undefined where the truth is always the same."""
    squares, deviations = (table.prediction - table.truth) ** 2, (table.truth - table.truth.mean()) ** 2
    error, variance = float(squares.mean()), float(deviations.mean())
    if variance == 0:
        return None
    influence = -(squares - error) / variance + error / variance**2 * (deviations - variance)
    return Estimate(1 - error / variance, _scaled(influence))


def of_share(table: EvaluationTable, share: Share) -> Estimate | None:
    """A share of counted rows, or the mean of several; undefined where one of them has no rows.

    Each is the quotient of two sums over the rows, so the delta method gives its variance (for the mean f1 this is
    that of Takahashi et al. 2022).
    """
    tops, bottoms = (part[0] for part in fractions(share, count(table)))
    if len(bottoms) == 0 or (bottoms == 0).any():
        return None
    values, n = tops / bottoms, len(table)
    influence = np.zeros(n)
    for place, code in enumerate(share.classes):
        top, bottom = _marks(share.kind, table.truth == code, table.prediction == code)
        influence += (top - values[place] * bottom) * n / (bottoms[place] * len(bottoms))
    return Estimate(float(values.mean()), _scaled(influence))


def _marks(kind: Kind, is_truth: Array, is_answer: Array) -> tuple[Array, Array]:
    """[N]: what each row adds to numerator and denominator of one class."""
    truth, answer, one = is_truth.astype(float), is_answer.astype(float), np.ones(len(is_truth))
    right = truth * answer
    return {
        "accuracy": (right, one),
        "recall": (right, truth),
        "precision": (right, answer),
        "f1": (2 * right, truth + answer),
        "base_rate": (truth, one),
        "selection_rate": (answer, one),
        "false_positive_rate": (answer - right, one - truth),
        "false_negative_rate": (truth - right, truth),
    }[kind]


def estimate(table: EvaluationTable, metric: str) -> Estimate | None:
    """Any metric of the table's task that is no share; None where its rows do not define it."""
    if metric in _BY_NAME:
        return _BY_NAME[metric](table)
    values = row_figures(table, metric)
    return None if values is None else Estimate(float(values.mean()), _scaled(values - values.mean()))


_BY_NAME: Mapping[str, Callable[[EvaluationTable], Estimate | None]] = {
    "auc": auc,
    "rmse": rmse,
    "r2": r2,
}


def _scaled(influence: Array) -> Array | None:
    """With N − 1 for N in the variance."""
    n = len(influence)
    return influence * np.sqrt(n / (n - 1)) if n > 1 else None


def _midranks(values: Array) -> Array:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places])
