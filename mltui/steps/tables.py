"""CSV tables on disk: UTF-8, a header, every cell text."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mltui.steps.contract import StepFailed

Row = dict[str, str]

LONGEST_CELL = 1_000_000


def read_table(file: Path) -> tuple[list[str], list[Row]]:
    """Columns and rows; raises where the header is unusable or a row has more or fewer cells than the header."""
    columns, numbered = read_loose_table(file)
    rows = []
    for line, cells in numbered:
        if len(cells) != len(columns):
            raise StepFailed(f"line {line} of {file.name} has {len(cells)} cells, its header {len(columns)}")
        rows.append(dict(zip(columns, cells, strict=True)))
    return columns, rows


def read_loose_table(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Columns, and with their line numbers the rows that are not empty, whatever number of cells they have."""
    csv.field_size_limit(LONGEST_CELL)
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines)
            columns = next(reader, [])
            rows = [(reader.line_num, cells) for cells in reader if cells]
    except FileNotFoundError:
        raise StepFailed(f"{file.name} is missing in {file.parent.name}/") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise StepFailed(
            f"{file.name} is no CSV in UTF-8: {error}", hint="Save it as CSV, UTF-8, with commas."
        ) from None
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if not columns or repeated or "" in columns:
        problem = f"names {', '.join(repeated)} twice" if repeated else "is missing or has a column without a name"
        raise StepFailed(f"the header of {file.name} {problem}", hint="Give every column a name of its own.")
    return columns, rows


def write_table(file: Path, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def require_columns(columns: Sequence[str], wanted: Iterable[str], *, file: str) -> None:
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise StepFailed(f"{file} has no column {', '.join(missing)}", hint=f"It has: {', '.join(columns)}.")


def as_number(text: str) -> float | None:
    """None for what is not a finite decimal number."""
    if "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def batches(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
