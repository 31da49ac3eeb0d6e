"""The rows behind a figure: which ones count in its denominator, and which of them are its mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.grouping import Grouping
from mltui.analysis.shares import Share, find_share
from mltui.analysis.table import EvaluationTable
from mltui.domain.bias_limits import USUAL_LIMITS
from mltui.domain.groups import GroupedMetric, crossed, group_name
from mltui.domain.metrics import find_metric
from mltui.errors import NotFound, UsageError

_OF_SCORES = ("auc", "calibration_error", "log_loss")

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class FigureRows:
    """Places in the table, [n], the mistakes before all others."""

    places: Places
    mistakes: int


def rows_of(table: EvaluationTable, of: GroupedMetric) -> FigureRows:
    """Of the mistakes and of the others the most confident first; without scores in the order of the table.

    A metric of one class counts the rows that its denominator does: recall those of the class, precision those that
    got it as answer, f1 both, a false positive rate those of other classes. Means over classes and figures of scores
    count every row that they can, and a mistake is a wrong answer. In a regression every row that is not hit exactly
    is one, and the largest errors come first. Raises `UsageError` for a metric that the table does not have,
    `NotFound` for a group that no row is in.
    """
    known = find_metric(of.metric)
    if known is None or known.task != table.task:
        raise UsageError(f"“{of.metric}” is no metric of a {table.task}", hint="mltui version show lists what there is")
    is_counted, is_mistake = _masks(table, of.metric)
    places = np.flatnonzero(is_counted & _is_in_group(table, of))
    ordered = places[np.argsort(-_weight(table)[places], kind="stable")]
    wrong = is_mistake[ordered]
    return FigureRows(np.concatenate([ordered[wrong], ordered[~wrong]]), int(wrong.sum()))


def errors(table: EvaluationTable) -> NDArray[np.float64]:
    """[N]: prediction less truth, of a regression."""
    return np.asarray(table.prediction - table.truth, dtype=np.float64)


def confidence(table: EvaluationTable) -> NDArray[np.float64] | None:
    """[N]: score of the answer that was given, NaN in a row without; None where there are no scores."""
    return None if table.scores is None else table.scores[np.arange(len(table)), table.prediction]


def _weight(table: EvaluationTable) -> NDArray[np.float64]:
    if table.task == "regression":
        return np.abs(errors(table))
    found = confidence(table)
    return np.zeros(len(table)) if found is None else np.nan_to_num(found, nan=-1.0)


def _masks(table: EvaluationTable, metric: str) -> tuple[Mask, Mask]:
    """Counted rows, and mistakes: [N] each."""
    is_wrong = table.truth != table.prediction
    share = find_share(metric, table.classes) if table.task == "classification" else None
    if share is not None and len(share.classes) == 1:
        return _of_class(table, share)
    name, _, label = metric.partition(":")
    if label and label not in table.classes:
        raise UsageError(f"there is no class “{label}”", hint=f"there are: {', '.join(table.classes)}")
    found = confidence(table) if name in _OF_SCORES and table.task == "classification" else None
    return (np.ones_like(is_wrong) if found is None else np.isfinite(found)), is_wrong


def _of_class(table: EvaluationTable, share: Share) -> tuple[Mask, Mask]:
    is_it, is_said = table.truth == share.classes[0], table.prediction == share.classes[0]
    counted = {
        "recall": is_it,
        "false_negative_rate": is_it,
        "precision": is_said,
        "f1": is_it | is_said,
        "false_positive_rate": ~is_it,
    }
    return counted.get(share.kind, np.ones_like(is_it)), is_it != is_said


def grouping_of(table: EvaluationTable, slice: Mapping[str, str]) -> Grouping:
    """The one that the slice is a group of; of very many groups the rare ones together, where those are meant."""
    attribute, values = crossed(slice), tuple(slice.values())
    grouping = table.grouping(attribute)
    if grouping is None:
        there = ", ".join(table.attribute_names)
        hint = f"there are: {there}" if there else "it has no attributes at all"
        raise NotFound(f"the evaluation has no attribute “{attribute}”", hint=hint)
    for each in (grouping, grouping.pool(USUAL_LIMITS.least_rows)):
        if values in each.values:
            return each
    shown = ", ".join(grouping.groups[:20]) + (" …" if len(grouping.groups) > 20 else "")
    raise NotFound(f"{attribute} has no group “{group_name(values)}”", hint=f"there are: {shown}")


def _is_in_group(table: EvaluationTable, of: GroupedMetric) -> Mask:
    if not of.slice:
        return np.ones(len(table), dtype=bool)
    grouping = grouping_of(table, of.slice)
    return np.asarray(grouping.codes == list(grouping.values).index(tuple(of.slice.values())))
