"""Which rows a candidate answers otherwise than a baseline, in which groups they are, and what of that is chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.compare import Pair, common_rows
from mltui.analysis.grouping import Grouping
from mltui.analysis.groups import usual_groupings
from mltui.analysis.intervals import Array, mcnemar_p, paired_shares
from mltui.analysis.paired_tests import holm, mean_test
from mltui.analysis.table import EvaluationTable
from mltui.domain.answer_changes import AnswerChanges, Change, GroupChange, effect_of
from mltui.domain.groups import attributes_in
from mltui.pooling import LEAST_ROWS

LEAST_MOVE = 0.1
"""Of a regression's predictions: those that differ by more, in standard deviations of the truth, have changed."""

CROSSED_PART = 0.2
"""Of the chance of a false call: what the groups of two attributes have of it, all together."""

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
    candidate: EvaluationTable,
    production: EvaluationTable,
    *,
    excluded_rows: frozenset[str] = frozenset(),
    least_harm: float = 0.0,
) -> PredictionDiff:
    """Over the rows that both answered, without those excluded, which production was trained on.

    Changes below `least_harm` are slight: of the share of right answers, or of the mean absolute error in standard
    deviations of the truth. Raises `WorkFailed` when the two do not agree on the truth of a row.
    """
    pair = common_rows(candidate, production, excluded_rows)
    marked = _marked(*pair)
    return PredictionDiff(_changes(pair[0], marked, least_harm), tuple(_rows(pair, marked)))


def answer_changes(candidate: EvaluationTable, baseline: EvaluationTable, *, least_harm: float = 0.0) -> AnswerChanges:
    """The counts and tests of a `prediction_diff` over all rows that both answered."""
    new, old = common_rows(candidate, baseline, frozenset())
    return _changes(new, _marked(new, old), least_harm)


def _marked(new: EvaluationTable, old: EvaluationTable) -> _Marked:
    if new.task == "classification":
        before, after = (table.prediction == table.truth for table in (old, new))
        changed = new.prediction != old.prediction
        return _Marked(
            changed, after & ~before, before & ~after, before.astype(float), after.astype(float), is_error=False
        )
    before, after = (np.abs(table.prediction - table.truth) for table in (old, new))
    changed, nearer = np.abs(new.prediction - old.prediction) > LEAST_MOVE * _spread(new), after < before
    return _Marked(changed, changed & nearer, changed & ~nearer, before, after, is_error=True)


def _by_counts(fixed: int, broken: int, n: int) -> tuple[float, float, float]:
    low, high = paired_shares(fixed, broken, n)
    return float(low), float(high), mcnemar_p(fixed, broken)


def _by_errors(before: Array, after: Array) -> tuple[float | None, float | None, float | None]:
    """Errors that are the same before and after may be unlike in other rows, as these are unlike each other."""
    return mean_test(after - before, reach=float(before.std())) if len(before) > 1 else (None, None, None)


def _changes(table: EvaluationTable, marked: _Marked, least_harm: float) -> AnswerChanges:
    whole = marked.among(slice(None))
    least = least_harm * (_spread(table) if marked.is_error else 1.0)
    plain = AnswerChanges("mae" if marked.is_error else "accuracy", whole, "too few", (), least)
    found = list(_grouped(table, marked))
    groups = (
        replace(each, adjusted_p=p, effect=effect_of(p, loss=plain.loss(each.change), least=least))
        for each, p in zip(found, _adjusted(found), strict=True)
    )
    effect = effect_of(whole.p_value, loss=plain.loss(whole), least=least)
    return replace(plain, effect=effect, groups=tuple(groups))


def _grouped(table: EvaluationTable, marked: _Marked) -> Iterator[GroupChange]:
    for name, grouping in usual_groupings(table):
        parts = _large_parts(table, name, grouping) if grouping.crossed else grouping.pool(LEAST_ROWS).occurring()
        for group, rows in parts:
            yield GroupChange(name, group, marked.among(rows), None, "too few")


def _large_parts(table: EvaluationTable, name: str, grouping: Grouping) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Groups of two attributes with rows enough, and with other rows than one of these alone has."""
    alone = [(table.attributes or {})[attribute] for attribute in attributes_in(name)]
    sizes = [dict(zip(each.groups, each.rows.tolist(), strict=True)) for each in alone]
    values = dict(zip(grouping.groups, grouping.values, strict=True))
    for group, rows in grouping.occurring():
        wholes = [size[value] for size, value in zip(sizes, values[group], strict=True)]
        if len(rows) >= LEAST_ROWS and len(rows) not in wholes:
            yield group, rows


def _adjusted(found: Sequence[GroupChange]) -> list[float | None]:
    """After Holm over those that were tested: of one attribute, and of two, each for its part of the chance."""
    is_crossed = [each.is_crossed for each in found]
    part = 1 - CROSSED_PART if any(is_crossed) else 1.0
    adjusted: list[float | None] = [None] * len(found)
    for wanted, chance in ((False, part), (True, CROSSED_PART)):
        places = [
            place for place, each in enumerate(found) if is_crossed[place] is wanted and each.change.p_value is not None
        ]
        for place, p in zip(places, holm([found[place].change.p_value or 0.0 for place in places]), strict=True):
            adjusted[place] = min(1.0, p / chance)
    return adjusted


def _spread(table: EvaluationTable) -> float:
    return float(table.truth.std()) if len(table) else 0.0


def _rows(pair: Pair, marked: _Marked) -> Iterator[ChangedRow]:
    new, old = pair
    for row in np.flatnonzero(marked.changed).tolist():
        effect = "fixed" if marked.fixed[row] else "broken" if marked.broken[row] else "other"
        answers = (_told(new, new.truth[row]), _told(old, old.prediction[row]), _told(new, new.prediction[row]))
        yield ChangedRow(str(new.row_ids[row]), *answers, effect)


def _told(table: EvaluationTable, value: float) -> str:
    return table.classes[int(value)] if table.task == "classification" else f"{value:.6g}"
