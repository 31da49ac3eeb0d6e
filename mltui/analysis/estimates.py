"""Metrics that are smooth functions of per-row figures: their value, and how much each row moves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mltui.analysis.intervals import Array
from mltui.analysis.shares import Share, count, fractions
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


def macro_f1(table: EvaluationTable, *, classes: int | None = None) -> Estimate | None:
    """Over the first `classes` of the table's; variance by the delta method (Takahashi et al. 2022)."""
    counts, wanted = count(table), slice(classes)
    sums = (counts.truth + counts.predicted)[0].astype(float)
    terms = len(sums[wanted])
    if terms == 0 or (sums[wanted] == 0).any():
        return None
    weight, f1 = np.zeros(len(sums)), np.zeros(len(sums))
    weight[wanted] = len(table) / (sums[wanted] * terms)
    f1[wanted] = 2 * counts.right[0][wanted] / sums[wanted]
    is_right = table.truth == table.prediction
    lost = (f1 * weight)[table.truth] + (f1 * weight)[table.prediction]
    return Estimate(float(f1[wanted].mean()), _scaled(2 * is_right * weight[table.truth] - lost))


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
    """Precision, its mean over classes, or a selection rate; undefined where a class of the mean is never answered.

    Accuracy and recalls are no matter for it: their denominators are the same for every model.
    """
    tops, bottoms = (part[0] for part in fractions(share, count(table)))
    if (bottoms == 0).any():
        return None
    values = tops / bottoms
    if share.kind == "selection_rate":
        hits = np.isin(table.prediction, share.classes).astype(float)
        return Estimate(float(values.mean()), _scaled(hits - hits.mean()))
    weight, mean = np.zeros(len(table.classes)), np.zeros(len(table.classes))
    weight[list(share.classes)] = len(table) / (bottoms * len(bottoms))
    mean[list(share.classes)] = values
    is_right = table.truth == table.prediction
    return Estimate(float(values.mean()), _scaled(weight[table.prediction] * (is_right - mean[table.prediction])))


def estimate(table: EvaluationTable, metric: str) -> Estimate | None:
    """Any metric of the table's task that is no share; None where its rows do not define it."""
    if metric in _BY_NAME:
        return _BY_NAME[metric](table)
    values = row_figures(table, metric)
    return None if values is None else Estimate(float(values.mean()), _scaled(values - values.mean()))


_BY_NAME: Mapping[str, Callable[[EvaluationTable], Estimate | None]] = {
    "auc": auc,
    "macro_f1": macro_f1,
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
