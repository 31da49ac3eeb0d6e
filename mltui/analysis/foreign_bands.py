"""Columns of others that are numbers, as groups."""

from __future__ import annotations

import math

from mltui.analysis.foreign_columns import ForeignColumns
from mltui.analysis.grouping import Grouping
from mltui.bands import Banding, bands, number_of, quantile_edges
from mltui.errors import UsageError


def banded(found: ForeignColumns, column: str, banding: Banding) -> Grouping:
    """Quantiles are those of the table itself. Raises `WorkFailed` with line and column of what is no number."""
    cells = found.cells[column]
    numbers = {cell: number_of(cell) for cell in set(cells)}
    strange = {cell for cell, number in numbers.items() if number is None}
    if strange:
        row = next(row for row, cell in enumerate(cells) if cell in strange)
        found.refuse(row, column, f"“{cells[row]}” is no number")
    known = {cell: number for cell, number in numbers.items() if number is not None and not math.isnan(number)}
    edges = banding.edges or quantile_edges([known[cell] for cell in cells if cell in known], banding.quantiles)
    if not edges:
        raise UsageError(
            f"column “{column}” has nearly everywhere one value", hint="take its quantiles away, or name edges"
        )
    made = bands(edges, is_whole=all(number.is_integer() for number in known.values()))
    names = {cell: made.name_of(number) for cell, number in numbers.items()}
    return Grouping.of([names[cell] for cell in cells])
