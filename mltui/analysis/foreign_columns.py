"""Reads named columns of a CSV or Parquet file that others wrote; other columns are never kept."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from mltui.errors import NotFound, UsageError, WorkFailed

_DELIMITERS = ",;\t|"
LONGEST_CELL = 10_000_000
"""Characters; longer ones are of a quote that nobody closed."""
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True, eq=False)
class ForeignColumns:
    cells: Mapping[str, Sequence[str]]
    """Name → its cells, in the order of the rows; an empty text is no value."""
    places: Sequence[int]
    """Of each row: its line in a CSV file, its number in a Parquet file."""
    unit: str
    """line or row"""

    def __len__(self) -> int:
        return len(self.places)

    def refuse(self, row: int, column: str, reason: str, *, hint: str = "mend the table") -> NoReturn:
        raise invalid(f"{self.unit} {self.places[row]}, column {column}: {reason}", hint=hint)


def read_columns(path: Path, names: Sequence[str]) -> ForeignColumns:
    """Raises `NotFound` without a file, `UsageError` for a column that is not there, `WorkFailed` for a broken line."""
    wanted = list(dict.fromkeys(names))
    try:
        found = _read_parquet(path, wanted) if path.suffix in (".parquet", ".pq") else _read_csv(path, wanted)
    except FileNotFoundError:
        raise NotFound(f"there is no table {path}", hint="name a CSV or Parquet file") from None
    except UnicodeDecodeError as error:
        raise invalid(f"{_place_of(path)}it is no text in UTF-8; save it as that") from error
    except OSError as error:
        raise invalid(f"it cannot be read: {error}") from error
    if len(found) == 0:
        raise invalid("it has no rows")
    return found


def invalid(reason: str, *, hint: str = "mend the table") -> WorkFailed:
    return WorkFailed(f"the table is not usable: {reason}", hint=hint, code="table_invalid")


def _read_csv(path: Path, names: list[str]) -> ForeignColumns:
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = _QUOTED.sub("", file.readline())
        delimiter = max(_DELIMITERS, key=first.count)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            return _rows(reader, names)
        except csv.Error as error:
            raise invalid(f"line {reader.line_num}: {error}") from None


def _place_of(path: Path) -> str:
    """Of the first line that is no UTF-8."""
    with path.open("rb") as file:
        for line, text in enumerate(file, start=1):
            try:
                text.decode("utf-8")
            except UnicodeDecodeError:
                return f"line {line}: "
    return ""


def _rows(reader: Any, names: list[str]) -> ForeignColumns:
    header = [name.strip() for name in next(reader, [])]
    if not header:
        raise invalid("line 1: no column has a name there")
    places = _places(header, names)
    cells: list[list[str]] = [[] for _ in names]
    lines: list[int] = []
    for row in reader:
        if not row:
            continue
        if len(row) != len(header):
            hint = "mend the table; a comma inside of a cell needs quotes around it, or ; between the cells"
            raise invalid(f"line {reader.line_num}: {len(row)} cells under {len(header)} columns", hint=hint)
        lines.append(reader.line_num)
        for column, place in zip(cells, places, strict=True):
            column.append(row[place].strip())
    return ForeignColumns(dict(zip(names, cells, strict=True)), lines, "line")


def _places(header: list[str], names: list[str]) -> list[int]:
    for name in names:
        if header.count(name) != 1:
            problem = "stands there twice" if name in header else "is not there"
            raise UsageError(
                f"line 1: column “{name}” {problem}", hint=f"there are: {', '.join(header)}", code="no_such_column"
            )
    return [header.index(name) for name in names]


def _read_parquet(path: Path, names: list[str]) -> ForeignColumns:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise UsageError(
            "Parquet tables need one library more", hint="pip install 'mltui[parquet]', or write CSV"
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            _places(file.schema_arrow.names, names)
            table = file.read(columns=names)
    except ArrowException as error:
        raise invalid(f"it cannot be read: {error}") from error
    cells = {name: [_text(value) for value in table.column(name).to_pylist()] for name in names}
    return ForeignColumns(cells, range(1, table.num_rows + 1), "row")


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)
