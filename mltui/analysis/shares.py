"""Metrics that are shares of counted rows, or means of such shares over the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.grouping import Grouping
from mltui.analysis.intervals import Array
from mltui.analysis.table import EvaluationTable
from mltui.domain.metrics import WITHOUT_MEAN

Kind = Literal[
    "accuracy",
    "recall",
    "precision",
    "f1",
    "base_rate",
    "selection_rate",
    "false_positive_rate",
    "false_negative_rate",
]
_KINDS: Mapping[str, Kind] = {
    "recall": "recall",
    "precision": "precision",
    "f1": "f1",
    "base_rate": "base_rate",
    "selection_rate": "selection_rate",
    "false_positive_rate": "false_positive_rate",
    "false_negative_rate": "false_negative_rate",
}
_MEANS: Mapping[str, Kind] = {
    "balanced_accuracy": "recall",
    "macro_recall": "recall",
    "macro_precision": "precision",
    "macro_f1": "f1",
}


@dataclass(frozen=True, slots=True)
class Share:
    """What is counted: `kind` of each of the classes, and the mean of that."""

    kind: Kind
    classes: tuple[int, ...]
    """Indexes; empty for accuracy."""
    is_over_occurring: bool = False
    """Classes without rows are left out of the mean, instead of making it undefined."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by class, [G, C]: rightly answered, of that truth, given that answer. G is the number of groups."""

    right: NDArray[np.float64]
    truth: NDArray[np.float64]
    predicted: NDArray[np.float64]

    def others(self) -> Counts:
        """For each group all rows of the other groups together."""
        return Counts(*(whole.sum(axis=0) - whole for whole in (self.right, self.truth, self.predicted)))


def find_share(metric: str, classes: Sequence[str]) -> Share | None:
    """None for a metric that is no share, or that these classes do not have."""
    name, _, label = metric.partition(":")
    everything = tuple(range(len(classes)))
    if metric == "accuracy":
        return Share("accuracy", ())
    if metric in _MEANS:
        return Share(_MEANS[metric], everything, is_over_occurring=metric == "balanced_accuracy")
    kind = _KINDS.get(name)
    if kind is None:
        return None
    if label:
        return Share(kind, (classes.index(label),)) if label in classes else None
    if len(classes) == 2:
        return Share(kind, (1,))
    return None if name in WITHOUT_MEAN else Share(kind, everything)


def count(table: EvaluationTable, grouping: Grouping | None = None) -> Counts:
    """`grouping`: None puts all rows into one group."""
    groups, classes = grouping or Grouping.of_all(len(table)), len(table.classes)
    wrong = classes  # one part more, for the rows that are answered wrongly
    right = np.where(table.truth == table.prediction, table.truth, wrong)
    return Counts(
        groups.tally(right, of=classes + 1)[:, :classes],
        groups.tally(table.truth, of=classes),
        groups.tally(table.prediction, of=classes),
    )


def fractions(share: Share, counts: Counts) -> tuple[Array, Array]:
    """Numerators and denominators, [G, T] with one term T for each class of the mean."""
    right, truth, predicted = (part[:, list(share.classes)] for part in (counts.right, counts.truth, counts.predicted))
    rows = counts.truth.sum(axis=1, keepdims=True)
    everyone = np.broadcast_to(rows, truth.shape)
    if share.kind == "accuracy":
        return counts.right.sum(axis=1, keepdims=True), rows
    return {
        "recall": (right, truth),
        "precision": (right, predicted),
        "f1": (2 * right, truth + predicted),
        "base_rate": (truth, everyone),
        "selection_rate": (predicted, everyone),
        "false_positive_rate": (predicted - right, everyone - truth),
        "false_negative_rate": (truth - right, truth),
    }[share.kind]
