"""Reads `evaluation.csv`, and says line and column of what is wrong with it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.grouping import Grouping
from mltui.analysis.table import LARGEST_NUMBER, EvaluationTable
from mltui.domain.task import Task
from mltui.errors import NotFound, WorkFailed

CHUNK_ROWS = 512
"""Read at a time; 65,536 took twice as long, for want of the processor's cache."""
SCORE_SLACK = 1e-4
"""How far a float32 probability may lie outside 0 to 1."""

Cells = Sequence[str]


def read_evaluation(path: Path, *, task: Task, classes: Sequence[str]) -> EvaluationTable:
    """Columns that the format does not know are passed over; score columns are needed for all classes or none.

    Raises `WorkFailed` that names line and column of what is wrong, `NotFound` without a file.
    """
    try:
        return _read(path, task, tuple(classes))
    except _BadCell as bad:
        where = f"line {_line_of(path, bad.row)}" + (f", column {bad.column}" if bad.column else "")
        raise _invalid(f"{where}: {bad.reason}") from None
    except FileNotFoundError:
        raise NotFound("there is no evaluation table", hint="evaluate has to leave evaluation.csv") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _invalid(f"it cannot be read: {error}") from error


class _BadCell(Exception):
    def __init__(self, row: int, column: str, reason: str) -> None:
        """`row` counts the rows below the header from 0."""
        super().__init__(reason)
        self.row, self.column, self.reason = row, column, reason


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    place: int
    parse: Callable[[Cells], NDArray[Any]]
    """Raises `_BadCell`, with `row` counted from the start of the cells given."""


def _read(path: Path, task: Task, classes: tuple[str, ...]) -> EvaluationTable:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        columns = _columns(header, task, classes)
        parts: dict[str, list[NDArray[Any]]] = {column.name: [] for column in columns}
        rows = 0
        for cells in _chunks(reader, width=len(header)):
            for column in columns:
                parts[column.name].append(_parse(column, cells[column.place], before=rows))
            rows += len(cells[0])
    if rows == 0:
        raise _invalid("it has no rows")
    return _table(task, classes, {name: np.concatenate(arrays) for name, arrays in parts.items()})


def _table(task: Task, classes: tuple[str, ...], found: Mapping[str, NDArray[Any]]) -> EvaluationTable:
    prefix = "attribute:"
    has_scores = bool(classes) and f"score:{classes[0]}" in found
    return EvaluationTable(
        task,
        classes,
        found["row_id"],
        found["truth"],
        found["prediction"],
        np.column_stack([found[f"score:{label}"] for label in classes]) if has_scores else None,
        {
            name.removeprefix(prefix): Grouping.of(cells.tolist())
            for name, cells in found.items()
            if name.startswith(prefix)
        },
    )


def _columns(header: Sequence[str], task: Task, classes: tuple[str, ...]) -> list[_Column]:
    places = {name: place for place, name in enumerate(header)}
    _check_header(header, task, classes)
    value = _Labels(classes) if task == "classification" else _measures
    columns = [
        _Column("row_id", places["row_id"], _RowIds()),
        _Column("truth", places["truth"], value),
        _Column("prediction", places["prediction"], value),
    ]
    if task == "classification":
        names = [f"score:{label}" for label in classes]
        columns += [_Column(name, places[name], _probabilities) for name in names if name in places]
    columns += [_Column(name, places[name], _texts) for name in header if name.startswith("attribute:")]
    return columns


def _check_header(header: Sequence[str], task: Task, classes: tuple[str, ...]) -> None:
    missing = [name for name in ("row_id", "truth", "prediction") if name not in header]
    if missing:
        raise _invalid(f"line 1: it has no column {', '.join(missing)}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise _invalid(f"line 1: column {', '.join(twice)} stands there twice")
    if "attribute:" in header:
        raise _invalid("line 1, column attribute:: the attribute has no name")
    scores = {name.removeprefix("score:") for name in header if name.startswith("score:")}
    if task == "classification" and scores and scores != set(classes):
        raise _invalid(f"line 1: scores are for {', '.join(sorted(scores))}, the classes are {', '.join(classes)}")


def _chunks(reader: Iterator[list[str]], *, width: int) -> Iterator[list[Cells]]:
    """Columns of up to `CHUNK_ROWS` rows each; empty lines are passed over."""
    before = 0
    while lines := list(islice(reader, CHUNK_ROWS)):
        rows = [line for line in lines if line]
        for row, cells in enumerate(rows):
            if len(cells) != width:
                raise _BadCell(before + row, "", f"{len(cells)} cells under {width} columns")
        if rows:
            yield list(zip(*rows, strict=True))
        before += len(rows)


def _parse(column: _Column, cells: Cells, *, before: int) -> NDArray[Any]:
    try:
        return column.parse(cells)
    except _BadCell as bad:
        raise _BadCell(before + bad.row, column.name, bad.reason) from None


class _RowIds:
    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, cells: Cells) -> NDArray[Any]:
        here = set(cells)
        if len(here) != len(cells) or "" in here or not self._seen.isdisjoint(here):
            self._refuse_first(cells)
        self._seen |= here
        return np.array(cells)

    def _refuse_first(self, cells: Cells) -> None:
        for row, cell in enumerate(cells):
            if not cell:
                raise _BadCell(row, "", "the row has no id")
            if cell in self._seen:
                raise _BadCell(row, "", f"the id “{cell}” stands further up already")
            self._seen.add(cell)


@dataclass(frozen=True, slots=True)
class _Labels:
    classes: tuple[str, ...]

    def __call__(self, cells: Cells) -> NDArray[Any]:
        codes = {label: code for code, label in enumerate(self.classes)}
        try:
            return np.array([codes[cell] for cell in cells], dtype=np.intp)
        except KeyError:
            row, cell = next((row, cell) for row, cell in enumerate(cells) if cell not in codes)
            raise _BadCell(row, "", f"“{cell}” is none of the classes {', '.join(self.classes)}") from None


def _numbers(cells: Cells) -> NDArray[Any]:
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
        raise _BadCell(row, "", f"“{cells[row]}” is no number") from None
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise _BadCell(row, "", f"“{cells[row]}” is no finite number")
    return values


def _measures(cells: Cells) -> NDArray[Any]:
    values = _numbers(cells)
    is_good = np.abs(values) <= LARGEST_NUMBER
    if not is_good.all():
        row = int(np.argmin(is_good))
        raise _BadCell(row, "", f"“{cells[row]}” is larger than any figure can be made of")
    return values


def _probabilities(cells: Cells) -> NDArray[Any]:
    values = _numbers(cells)
    is_good = (values >= -SCORE_SLACK) & (values <= 1 + SCORE_SLACK)
    if not is_good.all():
        row = int(np.argmin(is_good))
        raise _BadCell(row, "", f"“{cells[row]}” is no probability")
    return values


def _texts(cells: Cells) -> NDArray[Any]:
    return np.array(cells)


def _is_number(cell: str) -> bool:
    try:
        np.float64(cell)
    except ValueError:
        return False
    return True


def _line_of(path: Path, row: int) -> int:
    """A quoted cell may hold line ends, so a row's line is found by reading up to it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        lines = (reader.line_num for cells in reader if cells)
        return next(islice(lines, row, None))


def _invalid(reason: str) -> WorkFailed:
    return WorkFailed(
        f"the evaluation table is not usable: {reason}", hint="mend what evaluate writes", code="evaluation_invalid"
    )
