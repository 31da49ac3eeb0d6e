"""The rows behind a figure of a version's breakdown: which count, which are mistakes, what each was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.figure_rows import confidence, errors, grouping_of, rows_of
from mltui.analysis.table import EvaluationTable
from mltui.domain.groups import GroupedMetric
from mltui.domain.task import Task
from mltui.domain.version import ModelVersion
from mltui.operations.versions.evaluations import table_at_hand
from mltui.operations.versions.held_out import original_names
from mltui.operations.versions.pictures import has_pictures
from mltui.store import Store


@dataclass(frozen=True, slots=True)
class EvaluatedRow:
    row_id: str
    file: str
    """Of the data version; empty where rows are no pictures, or the data's manifest is gone."""
    truth: str | float
    prediction: str | float
    """Class names; numbers in a regression."""
    score: float | None
    """Of the answer that was given; None in a regression and without scores."""
    error: float | None
    """Prediction less truth; None in a classification."""
    is_mistake: bool
    attributes: Mapping[str, str]
    """Without those that the row has no value of."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupRows:
    """Opened once for a figure; rows are made as they are asked for."""

    of: GroupedMetric
    table: EvaluationTable
    places: NDArray[np.intp]
    """[n] in `table`: the mistakes first, and the most confident of them; in a regression the largest errors."""
    mistakes: int
    """So many of the first places."""
    files: Mapping[str, str]
    """Row id → file of the data version."""

    def __len__(self) -> int:
        return len(self.places)

    @property
    def task(self) -> Task:
        return self.table.task

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """All groups of the figure's attribute, by their values; empty where it is of all rows."""
        return tuple(grouping_of(self.table, self.of.slice).values) if self.of.slice else ()

    def only_mistakes(self) -> GroupRows:
        return replace(self, places=self.places[: self.mistakes])

    def matching(self, text: str) -> GroupRows:
        """Rows in whose id, file, truth, prediction or groups each of the words stands, and none of those after `!`."""
        kept = np.ones(len(self.places), dtype=bool)
        for word in text.lower().split():
            wanted = word.removeprefix("!")
            if wanted:
                kept &= self._holds(wanted) ^ word.startswith("!")
        return replace(self, places=self.places[kept], mistakes=int(kept[: self.mistakes].sum()))

    def page(self, offset: int, limit: int) -> list[EvaluatedRow]:
        places = self.places[offset : offset + limit]
        scores = confidence(self.table) if self.task == "classification" else None
        off = errors(self.table) if self.task == "regression" else None
        return [
            EvaluatedRow(
                row_id=(row_id := str(self.table.row_ids[place])),
                file=self.files.get(row_id, ""),
                truth=self._told(self.table.truth, place),
                prediction=self._told(self.table.prediction, place),
                score=None if scores is None or np.isnan(scores[place]) else float(scores[place]),
                error=None if off is None else float(off[place]),
                is_mistake=offset + index < self.mistakes,
                attributes=self._attributes(place),
            )
            for index, place in enumerate(places)
        ]

    def _told(self, column: NDArray[np.generic], place: int) -> str | float:
        return float(column[place]) if self.task == "regression" else self.table.classes[int(column[place])]

    def _attributes(self, place: int) -> dict[str, str]:
        there = {name: (each.groups, each.codes[place]) for name, each in (self.table.attributes or {}).items()}
        return {name: groups[code] for name, (groups, code) in there.items() if code >= 0}

    def _holds(self, word: str) -> NDArray[np.bool_]:
        """[n]"""
        table, places = self.table, self.places
        ids = table.row_ids[places]
        found = np.char.find(np.char.lower(ids), word) >= 0
        if self.files:
            found |= np.fromiter((word in self.files.get(each, "").lower() for each in ids.tolist()), bool, len(ids))
        for column in (table.truth, table.prediction):
            labels = [label.lower() for label in table.classes]
            found |= _among(labels, column[places], word) if labels else _numbers_hold(column[places], word)
        for each in (table.attributes or {}).values():
            found |= _among([*(group.lower() for group in each.groups), ""], each.codes[places], word)
        return found


def group_rows(store: Store, version: ModelVersion, of: GroupedMetric) -> GroupRows:
    """Raises `UsageError` for a metric, `NotFound` for a group that is not there, `Damaged` without its table."""
    table = table_at_hand(store, version)
    found = rows_of(table, of)
    ids = table.row_ids[found.places].tolist() if has_pictures(version) else []
    return GroupRows(of, table, found.places, found.mistakes, original_names(store, version, ids))


def _among(labels: list[str], codes: NDArray[np.intp], word: str) -> NDArray[np.bool_]:
    """[n]; the code −1 is the last label."""
    return np.array([word in label for label in labels], dtype=bool)[codes]


def _numbers_hold(column: NDArray[np.float64], word: str) -> NDArray[np.bool_]:
    return np.fromiter((word in f"{value:g}" for value in column.tolist()), bool, len(column))
