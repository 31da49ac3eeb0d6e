"""Metrics that are shares of counted rows, or means of such shares over the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.intervals import Array
from mltui.analysis.table import EvaluationTable

Kind = Literal["accuracy", "recall", "precision", "selection_rate"]
_KINDS: Mapping[str, Kind] = {"recall": "recall", "precision": "precision", "selection_rate": "selection_rate"}
_MEANS: Mapping[str, Kind] = {
    "balanced_accuracy": "recall",
    "macro_recall": "recall",
    "macro_precision": "precision",
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

    right: NDArray[np.int64]
    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]

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
    return None if kind == "selection_rate" else Share(kind, everything)


def count(table: EvaluationTable, *, groups: NDArray[np.intp] | None = None, of_groups: int = 1) -> Counts:
    """`groups`: [N], the number of each row's group, below `of_groups`; None puts all rows into one."""
    classes = len(table.classes)
    offset = 0 if groups is None else groups * classes
    is_right = table.truth == table.prediction
    base = np.zeros(len(table), dtype=np.intp) + offset

    def tally(codes: NDArray[np.intp]) -> NDArray[np.int64]:
        return np.bincount(codes, minlength=of_groups * classes).reshape(of_groups, classes)

    return Counts(tally((base + table.truth)[is_right]), tally(base + table.truth), tally(base + table.prediction))


def fractions(share: Share, counts: Counts) -> tuple[Array, Array]:
    """Numerators and denominators, [G, T] with one term T for each class of the mean."""
    wanted = list(share.classes)
    if share.kind == "accuracy":
        top, bottom = counts.right.sum(axis=1, keepdims=True), counts.truth.sum(axis=1, keepdims=True)
    elif share.kind == "recall":
        top, bottom = counts.right[:, wanted], counts.truth[:, wanted]
    elif share.kind == "precision":
        top, bottom = counts.right[:, wanted], counts.predicted[:, wanted]
    else:
        top = counts.predicted[:, wanted]
        bottom = np.broadcast_to(counts.truth.sum(axis=1, keepdims=True), top.shape)
    return top.astype(float), bottom.astype(float)
