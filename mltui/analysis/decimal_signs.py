"""Numbers of foreign tables whose decimals stand after a comma, as spreadsheets of half of Europe write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mltui.analysis.foreign_columns import ForeignColumns

_WITH_COMMA = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?")
_WITH_POINT = re.compile(r"[+-]?(?:\d[\d.]*\.\d*|\.\d+)(?:,\d*)?(?:[eE][+-]?\d+)?")


def with_points(found: ForeignColumns, columns: Iterable[str]) -> ForeignColumns:
    """The commas of numbers in these columns as points. Raises `WorkFailed` for a number that has a point already."""
    cells = dict(found.cells)
    for column in columns:
        different = set(cells[column])
        strange = {cell for cell in different if _WITH_POINT.fullmatch(cell)}
        if strange:
            row = _first(cells[column], strange)
            found.refuse(
                row,
                column,
                f"“{cells[column][row]}” has a point, where a comma is said to stand before decimals",
                hint="take points between thousands away, or say --decimal .",
            )
        known = {cell: cell.replace(",", ".") if _WITH_COMMA.fullmatch(cell) else cell for cell in different}
        cells[column] = [known[cell] for cell in cells[column]]
    return replace(found, cells=cells)


def require_said(found: ForeignColumns, *, labels: Iterable[str], numbers: Iterable[str]) -> None:
    """Refuses numbers with a comma, for it is no label nor number unless somebody says so.

    In a column that may hold labels, only where all cells are numbers if it is a decimal sign.
    """
    for columns, may_be_labels in ((labels, True), (numbers, False)):
        for column in columns:
            cells = found.cells[column]
            like_numbers = {cell for cell in cells if "," in cell and _WITH_COMMA.fullmatch(cell)}
            if like_numbers and not (may_be_labels and any(_is_text(cell) for cell in set(cells) - like_numbers)):
                row = _first(cells, like_numbers)
                found.refuse(
                    row,
                    column,
                    f"“{cells[row]}” looks like a number with a decimal comma",
                    hint="say --decimal , if it is one, or --decimal . if not",
                )


def _is_text(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell != ""
    return False


def _first(cells: Sequence[str], wanted: set[str]) -> int:
    return next(row for row, cell in enumerate(cells) if cell in wanted)
