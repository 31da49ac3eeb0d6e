"""The evaluation table: one row for each held-out row, with truth, prediction, scores and sensitive attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.grouping import Grouping, cross
from mltui.domain.groups import attributes_in
from mltui.domain.task import Task
from mltui.pooling import LEAST_ROWS

LARGEST_NUMBER = 1e100
"""Of a regression, either way; sums of the squares of larger ones are no numbers any more."""


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationTable:
    """Columns of equal length N. `truth` and `prediction` index `classes`; in a regression they are the numbers."""

    task: Task
    classes: tuple[str, ...]
    row_ids: NDArray[np.str_]
    """[N], unique."""
    truth: NDArray[Any]
    """[N], intp or float64."""
    prediction: NDArray[Any]
    """[N], intp or float64."""
    scores: NDArray[np.float64] | None = None
    """[N, C] in the order of `classes`; None where the table has none, and NaN in a row that has none."""
    attributes: Mapping[str, Grouping] | None = None

    def __len__(self) -> int:
        return len(self.row_ids)

    @property
    def attribute_names(self) -> tuple[str, ...]:
        return tuple(self.attributes or ())

    def take(self, rows: NDArray[np.intp]) -> EvaluationTable:
        """The rows at these places, in this order."""
        return EvaluationTable(
            self.task,
            self.classes,
            self.row_ids[rows],
            self.truth[rows],
            self.prediction[rows],
            None if self.scores is None else self.scores[rows],
            {name: groups.take(rows) for name, groups in (self.attributes or {}).items()},
        )

    def grouping(self, attribute: str) -> Grouping | None:
        """By an attribute, or by the intersection of several (`lighting × camera`); None where one is not there."""
        there = self.attributes or {}
        parts = attributes_in(attribute)
        return cross([there[part] for part in parts]) if all(part in there for part in parts) else None

    def by_group(self, attribute: str) -> Iterator[tuple[str, EvaluationTable]]:
        """The rows of each group that a figure is of; nothing for an attribute that the table lacks."""
        grouping = self.grouping(attribute)
        for group, rows in () if grouping is None else grouping.pool(LEAST_ROWS).occurring():
            yield group, self.take(rows)
