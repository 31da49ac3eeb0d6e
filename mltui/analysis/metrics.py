"""All metrics of an evaluation table with their 95 % intervals; None for what its rows do not define."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mltui.analysis.estimates import Estimate, estimate, spread
from mltui.analysis.intervals import Z, mean_share
from mltui.analysis.shares import Counts, Share, count, find_share, fractions
from mltui.analysis.table import EvaluationTable
from mltui.domain.metrics import METRICS

_RANGES: Mapping[str, tuple[float, float]] = {
    "log_loss": (0, math.inf),
    "auc": (0, 1),
    "macro_f1": (0, 1),
    "mae": (0, math.inf),
    "rmse": (0, math.inf),
    "r2": (-math.inf, 1),
    "mean_error": (-math.inf, math.inf),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's value; bounds are None where the rows are too few or too much alike for an interval."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    """Rows that it is made of."""


def figures(table: EvaluationTable) -> dict[str, Figure]:
    """Every metric that the task and the classes have, by name: `accuracy`, …, `recall:taco`."""
    names = [name for name, metric in METRICS.items() if metric.task == table.task]
    if table.task == "classification":
        names += [f"{kind}:{label}" for kind in ("recall", "precision") for label in table.classes]
    if len(table.classes) != 2:
        names = [name for name in names if name not in ("auc", "selection_rate")]
    counts = count(table) if table.task == "classification" else None
    return {name: _figure(table, name, counts) for name in names}


def confusion_matrix(table: EvaluationTable) -> tuple[tuple[int, ...], ...]:
    """[truth][prediction] counts in the order of the classes; empty for a regression."""
    if table.task == "regression":
        return ()
    classes = len(table.classes)
    cells = np.bincount(table.truth * classes + table.prediction, minlength=classes**2)
    return tuple(tuple(row) for row in cells.reshape(classes, classes).tolist())


def _figure(table: EvaluationTable, metric: str, counts: Counts | None) -> Figure:
    share = find_share(metric, table.classes)
    if counts is not None and share is not None:
        return _share_figure(share, counts)
    return _estimate_figure(estimate(table, metric), _RANGES[metric], len(table))


def _share_figure(share: Share, counts: Counts) -> Figure:
    """Wilson's interval of one share; of a mean of shares MOVER over theirs."""
    tops, bottoms = (part[0] for part in fractions(share, counts))
    if share.is_over_occurring:
        tops, bottoms = tops[bottoms > 0], bottoms[bottoms > 0]
    n = int(bottoms.sum()) if share.kind != "selection_rate" else int(bottoms[0])
    if len(bottoms) == 0 or (bottoms == 0).any():
        return Figure(None, None, None, n)
    low, high = mean_share(tops, bottoms)
    return Figure(float((tops / bottoms).mean()), float(low), float(high), n)


def _estimate_figure(found: Estimate | None, limits: tuple[float, float], n: int) -> Figure:
    if found is None:
        return Figure(None, None, None, n)
    error = 0.0 if found.influence is None else spread(found.influence)
    if error == 0:
        return Figure(found.value, None, None, n)
    low, high = max(limits[0], found.value - Z * error), min(limits[1], found.value + Z * error)
    return Figure(found.value, low, high, n)
