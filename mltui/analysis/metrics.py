"""All metrics of an evaluation table with their 95 % intervals; None for what its rows do not define."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mltui.analysis.intervals import Z
from mltui.analysis.measuring import Measurement
from mltui.analysis.shares import Counts, count, find_share, fractions
from mltui.analysis.sides import Sides
from mltui.analysis.table import EvaluationTable
from mltui.domain.metrics import METRICS, WITHOUT_MEAN


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
        names = [name for name in names if name not in WITHOUT_MEAN]
    counts = count(table) if table.task == "classification" else None
    measurement = Measurement(table)
    return {name: _figure(measurement.whole(name), _rows(table, name, counts)) for name in names}


def confusion_matrix(table: EvaluationTable) -> tuple[tuple[int, ...], ...]:
    """[truth][prediction] counts in the order of the classes; empty for a regression."""
    if table.task == "regression":
        return ()
    classes = len(table.classes)
    cells = np.bincount(table.truth * classes + table.prediction, minlength=classes**2)
    return tuple(tuple(row) for row in cells.reshape(classes, classes).tolist())


def _rows(table: EvaluationTable, metric: str, counts: Counts | None) -> int | None:
    """In the denominator; None where a mean lacks one of its classes."""
    if counts is None:
        return len(table)
    share = find_share(metric, table.classes)
    if share is None:
        return 0 if table.scores is None else int(np.isfinite(table.scores).all(axis=1).sum())
    tops, bottoms = (part[0] for part in fractions(share, counts))
    if (bottoms == 0).any() and not share.is_over_occurring:
        return None
    rows = bottoms - tops / 2 if share.kind == "f1" else bottoms
    return int(min(rows.sum(), len(table)))


def _figure(whole: Sides | None, rows: int | None) -> Figure:
    if whole is None or rows is None or not np.isfinite(whole.value[0]):
        return Figure(None, None, None, rows or 0)
    low, high = (float(bound[0]) for bound in whole.bounds(Z))
    is_told = math.isfinite(low) and math.isfinite(high) and low < high
    return Figure(float(whole.value[0]), low if is_told else None, high if is_told else None, rows)
