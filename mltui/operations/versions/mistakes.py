"""The gallery of a figure's most confident mistakes: pictures, or rows with all their fields. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mltui.domain.groups import GroupedMetric
from mltui.domain.task import Task
from mltui.domain.version import ModelVersion
from mltui.errors import MltuiError, NotFound
from mltui.operations.versions.group_rows import EvaluatedRow, GroupRows
from mltui.operations.versions.held_out import fields_of, files_by_row_id
from mltui.operations.versions.pictures import MISSING, Picture, has_pictures, try_picture
from mltui.store import Store


@dataclass(frozen=True, slots=True)
class ShownMistake:
    row: EvaluatedRow
    picture: Picture | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """Of a row that is no picture."""
    problem: str = ""
    """Why there is neither."""


@dataclass(frozen=True, slots=True)
class Mistakes:
    of: GroupedMetric
    task: Task
    counted: int
    """Rows in the figure's denominator."""
    mistakes: int
    has_pictures: bool
    offset: int
    """So many mistakes come before those that are shown."""
    shown: tuple[ShownMistake, ...]
    """The most confident first; the largest errors of a regression."""


def mistakes_of(store: Store, version: ModelVersion, rows: GroupRows, *, offset: int = 0, limit: int) -> Mistakes:
    """What the store lost is a sentence on the row."""
    found, are_pictures = rows.only_mistakes().page(offset, limit), has_pictures(version)
    shown = _pictures(store, version, found) if are_pictures else _rows(store, version, found)
    return Mistakes(rows.of, rows.task, len(rows), rows.mistakes, are_pictures, offset, tuple(shown))


def _pictures(store: Store, version: ModelVersion, found: list[EvaluatedRow]) -> list[ShownMistake]:
    try:
        kept = files_by_row_id(store.tree(version.held_out))
    except NotFound:
        return [ShownMistake(row, problem=MISSING) for row in found]
    except MltuiError as error:
        return [ShownMistake(row, problem=error.message) for row in found]
    told = [(row, *try_picture(store, version, kept.get(row.row_id))) for row in found]
    return [ShownMistake(row, picture, problem=problem) for row, picture, problem in told]


def _rows(store: Store, version: ModelVersion, found: list[EvaluatedRow]) -> list[ShownMistake]:
    try:
        fields = fields_of(store, version, [row.row_id for row in found])
    except MltuiError as error:
        return [ShownMistake(row, problem=error.message) for row in found]
    missing = "it is not among the rows that were kept"
    return [
        ShownMistake(row, fields=fields[row.row_id]) if row.row_id in fields else ShownMistake(row, problem=missing)
        for row in found
    ]
