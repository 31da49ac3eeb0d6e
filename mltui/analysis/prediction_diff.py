"""Which rows a candidate answers otherwise than a baseline, in which groups they are, and what of that is chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.compare import Pair, common_rows
from mltui.analysis.intervals import Array, mcnemar_p, paired_shares
from mltui.analysis.paired_tests import holm, mean_test
from mltui.analysis.table import EvaluationTable
from mltui.domain.answer_changes import AnswerChanges, Change, GroupChange, effect_of
from mltui.pooling import LEAST_ROWS

LEAST_MOVE = 0.1
"""Of a regression's predictions: those that differ by more, in standard deviations of the truth, have changed."""

Mask = NDArray[np.bool_]


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
    changes: AnswerChanges
    rows: tuple[ChangedRow, ...]
    """The changed ones in the order of the candidate's table."""


@dataclass(frozen=True, slots=True, eq=False)
class _Marked:
    """What becomes of each row, all [N]."""

    changed: Mask
    fixed: Mask
    broken: Mask
    before: Array
    """How good production's answer is: 1 or 0 for right and wrong, or its absolute error."""
    after: Array
    is_error: bool

    def among(self, rows: NDArray[np.intp] | slice) -> Change:
        """A paired test of these rows, where they are enough for one."""
        changed, fixed, broken = (int(mask[rows].sum()) for mask in (self.changed, self.fixed, self.broken))
        before, after = self.before[rows], self.after[rows]
        if len(before) == 0:
            return Change(0, changed, fixed, broken, *[None] * 5)
        low, high, p = _by_errors(before, after) if self.is_error else _by_counts(fixed, broken, len(before))
        is_told = len(before) >= LEAST_ROWS
        means = float(before.mean()), float(after.mean())
        return Change(len(before), changed, fixed, broken, *means, low, high, p if is_told else None)


def prediction_diff(
    candidate: EvaluationTable, production: EvaluationTable, *, excluded_rows: frozenset[str] = frozenset()
) -> PredictionDiff:
    """Over the rows that both answered, without those excluded, which production was trained on. Raises `WorkFailed`
    when the two do not agree on the truth of a row."""
    pair = common_rows(candidate, production, excluded_rows)
    marked = _marked(*pair)
    return PredictionDiff(_changes(pair[0], marked), tuple(_rows(pair, marked)))


def answer_changes(candidate: EvaluationTable, baseline: EvaluationTable) -> AnswerChanges:
    """The counts and tests of a `prediction_diff` over all rows that both answered. Groups are those of single
    attributes."""
    new, old = common_rows(candidate, baseline, frozenset())
    return _changes(new, _marked(new, old))


def _marked(new: EvaluationTable, old: EvaluationTable) -> _Marked:
    if new.task == "classification":
        before, after = (table.prediction == table.truth for table in (old, new))
        changed = new.prediction != old.prediction
        return _Marked(
            changed, after & ~before, before & ~after, before.astype(float), after.astype(float), is_error=False
        )
    before, after = (np.abs(table.prediction - table.truth) for table in (old, new))
    spread = float(new.truth.std()) if len(new) else 0.0
    changed, nearer = np.abs(new.prediction - old.prediction) > LEAST_MOVE * spread, after < before
    return _Marked(changed, changed & nearer, changed & ~nearer, before, after, is_error=True)


def _by_counts(fixed: int, broken: int, n: int) -> tuple[float, float, float]:
    low, high = paired_shares(fixed, broken, n)
    return float(low), float(high), mcnemar_p(fixed, broken)


def _by_errors(before: Array, after: Array) -> tuple[float | None, float | None, float | None]:
    """Errors that are the same before and after may be unlike in other rows, as these are unlike each other."""
    return mean_test(after - before, reach=float(before.std())) if len(before) > 1 else (None, None, None)


def _changes(table: EvaluationTable, marked: _Marked) -> AnswerChanges:
    whole = marked.among(slice(None))
    plain = AnswerChanges("mae" if marked.is_error else "accuracy", whole, "too few", ())
    found = [
        GroupChange(name, group, marked.among(rows), None, "too few")
        for name, grouping in (table.attributes or {}).items()
        for group, rows in grouping.pool(LEAST_ROWS).occurring()
    ]
    adjusted = _adjusted([each.change.p_value for each in found])
    groups = (
        replace(each, adjusted_p=p, effect=effect_of(p, loss=plain.loss(each.change)))
        for each, p in zip(found, adjusted, strict=True)
    )
    effect = effect_of(whole.p_value, loss=plain.loss(whole))
    return AnswerChanges(plain.metric, whole, effect, tuple(groups))


def _adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """After Holm over those that are there."""
    adjusted = iter(holm([each for each in p_values if each is not None]))
    return [None if each is None else next(adjusted) for each in p_values]


def _rows(pair: Pair, marked: _Marked) -> Iterator[ChangedRow]:
    new, old = pair
    for row in np.flatnonzero(marked.changed).tolist():
        effect = "fixed" if marked.fixed[row] else "broken" if marked.broken[row] else "other"
        answers = (_told(new, new.truth[row]), _told(old, old.prediction[row]), _told(new, new.prediction[row]))
        yield ChangedRow(str(new.row_ids[row]), *answers, effect)


def _told(table: EvaluationTable, value: float) -> str:
    return table.classes[int(value)] if table.task == "classification" else f"{value:.6g}"
