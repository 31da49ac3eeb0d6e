"""How training went, as a table for a report that holds no pictures. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mltui.operations.report.charts import figure

_MOST_ROWS = 12
_SERIES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")


@dataclass(frozen=True, slots=True)
class LearnedTable:
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The number of the epoch, and a figure for each name."""


def learned_table(epochs: Sequence[Mapping[str, float]]) -> LearnedTable | None:
    """Of many epochs some that lie equally far apart, and the last; None with fewer than two."""
    names = tuple(name for name in _SERIES if any(_is_number(each.get(name)) for each in epochs))
    if len(epochs) < 2 or not names:
        return None
    apart = math.ceil((len(epochs) - 1) / (_MOST_ROWS - 1))
    places = sorted({*range(0, len(epochs), apart), len(epochs) - 1})
    return LearnedTable(
        names, tuple((str(place + 1), *(figure(epochs[place].get(name)) for name in names)) for place in places)
    )


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
