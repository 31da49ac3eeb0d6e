"""What a reader of foreign predictions should know of the table itself, before the figures mislead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from mltui.analysis.grouping import Grouping
from mltui.analysis.metrics import Figure
from mltui.analysis.table import EvaluationTable

_MOST_VALUES = 20
"""A column of so many different numbers is rather measured than named."""


def cautions(table: EvaluationTable, overall: Mapping[str, Figure]) -> tuple[str, ...]:
    """Whole sentences, each with the way out where there is one."""
    attributes = (table.attributes or {}).items()
    of_groups = chain.from_iterable((*_unplaced(table, *each), *_measured(*each)) for each in attributes)
    return (*_of_truth(table), *_of_answers(table, overall), *of_groups)


def _of_truth(table: EvaluationTable) -> Iterator[str]:
    if table.classes and (table.truth == table.truth[0]).all():
        only = table.classes[table.truth[0]]
        way_out = "; where it is a number to be met, say --task regression" if _is_number(only) else ""
        yield f"The truth of all rows is {only}: nothing is known of how other rows would fare{way_out}."


def _of_answers(table: EvaluationTable, overall: Mapping[str, Figure]) -> Iterator[str]:
    if (table.prediction == table.prediction[0]).all():
        said = table.classes[table.prediction[0]] if table.classes else f"{table.prediction[0]:g}"
        yield f"Every row gets the same answer, {said}."
    auc = overall.get("auc")
    if auc is not None and auc.high is not None and auc.high < 0.5 and len(table.classes) == 2:
        other, positive = table.classes
        yield f"The score ranks {positive} lowest: where it is the score of {other}, say --positive {other}."


def _unplaced(table: EvaluationTable, attribute: str, grouping: Grouping) -> Iterator[str]:
    is_placed = grouping.codes >= 0
    count = len(table) - int(is_placed.sum())
    if not count or not is_placed.any():
        return
    if table.classes:
        is_right = table.truth == table.prediction
        told = f"{is_right[~is_placed].mean():.1%} of them are right, {is_right[is_placed].mean():.1%} of the others"
    else:
        error = np.abs(table.truth - table.prediction)
        told = f"they are off by {error[~is_placed].mean():.4g} on average, the others by {error[is_placed].mean():.4g}"
    yield f"{count:,} rows have no {attribute} and are in no group of it: {told}."


def _measured(attribute: str, grouping: Grouping) -> Iterator[str]:
    if len(grouping.groups) > _MOST_VALUES and all(map(_is_number, grouping.groups)):
        ways = f"--quantiles {attribute}=4, or --bands {attribute}= with edges,"
        yield f"{attribute} has {len(grouping.groups):,} different numbers: {ways} makes groups of them."


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
