"""Which rows a candidate answers otherwise than production, and in which groups they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.compare import common_rows
from mltui.analysis.table import EvaluationTable

LEAST_MOVE = 0.1
"""Of a regression's predictions: those that differ by more, in standard deviations of the truth, have changed."""


@dataclass(frozen=True, slots=True)
class GroupChanges:
    attribute: str
    group: str
    n: int
    """Common rows of the group."""
    changed: int
    fixed: int
    broken: int


@dataclass(frozen=True, slots=True)
class ChangedRow:
    row_id: str
    truth: str
    production: str
    candidate: str
    effect: str
    """fixed, broken, or other: of two wrong answers one is no better."""


@dataclass(frozen=True, slots=True)
class PredictionDiff:
    """Fixed: the candidate is right, or nearer to the truth, where production was not; broken: the reverse."""

    n: int
    """Rows that both answered, without those that production was trained on."""
    changed: int
    fixed: int
    broken: int
    groups: tuple[GroupChanges, ...]
    rows: tuple[ChangedRow, ...]
    """The changed ones in the order of the candidate's table."""

    @property
    def share(self) -> float | None:
        return self.changed / self.n if self.n else None


def prediction_diff(
    candidate: EvaluationTable, production: EvaluationTable, *, excluded_rows: frozenset[str] = frozenset()
) -> PredictionDiff:
    """Raises `WorkFailed` when the two do not agree on the truth of a row."""
    new, old = common_rows(candidate, production, excluded_rows)
    changed, fixed, broken = _changes(new, old)
    return PredictionDiff(
        len(new),
        int(changed.sum()),
        int(fixed.sum()),
        int(broken.sum()),
        tuple(_groups(new, changed, fixed, broken)),
        tuple(_rows(new, old, changed, fixed, broken)),
    )


Mask = NDArray[np.bool_]


def _changes(new: EvaluationTable, old: EvaluationTable) -> tuple[Mask, Mask, Mask]:
    if new.task == "classification":
        changed = new.prediction != old.prediction
        return changed, changed & (new.prediction == new.truth), changed & (old.prediction == old.truth)
    spread = float(new.truth.std()) if len(new) else 0.0
    changed = np.abs(new.prediction - old.prediction) > LEAST_MOVE * spread
    nearer = np.abs(new.prediction - new.truth) < np.abs(old.prediction - old.truth)
    return changed, changed & nearer, changed & ~nearer


def _groups(table: EvaluationTable, changed: Mask, fixed: Mask, broken: Mask) -> Iterator[GroupChanges]:
    for attribute, grouping in (table.attributes or {}).items():
        for group, rows in grouping.occurring():
            counts = [int(mask[rows].sum()) for mask in (changed, fixed, broken)]
            yield GroupChanges(attribute, group, len(rows), *counts)


def _rows(new: EvaluationTable, old: EvaluationTable, changed: Mask, fixed: Mask, broken: Mask) -> Iterator[ChangedRow]:
    for row in np.flatnonzero(changed).tolist():
        effect = "fixed" if fixed[row] else "broken" if broken[row] else "other"
        answers = (_told(new, new.truth[row]), _told(old, old.prediction[row]), _told(new, new.prediction[row]))
        yield ChangedRow(str(new.row_ids[row]), *answers, effect)


def _told(table: EvaluationTable, value: float) -> str:
    return table.classes[int(value)] if table.task == "classification" else f"{value:.6g}"
