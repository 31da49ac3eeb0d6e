"""A page of a list of which some rows cannot be read: those say so, all others are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text

from mltui.errors import Damaged, MltuiError
from mltui.tui.presentation.literal import literal


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    """What Enter opens, for instance `v7`; empty for a row that opens nothing."""
    cells: tuple[Text | str, ...]
    problem: str = ""
    """Why there are no cells, told across all columns."""


Page = Callable[[int, int], Sequence[Row]]


def sound_page(page: Page, offset: int, limit: int) -> Sequence[Row]:
    """What `page` reads; where a row is damaged each row for itself, which is slow and rare."""
    try:
        return page(offset, limit)
    except Damaged:
        return _one_by_one(page, offset, limit)
    except MltuiError as error:
        return [_missing(error)]


def _one_by_one(page: Page, offset: int, limit: int) -> list[Row]:
    found: list[Row] = []
    for at in range(offset, offset + limit):
        try:
            alone = page(at, 1)
        except MltuiError as error:
            alone = [_missing(error)]
        if not alone:
            break
        found += alone
    return found


def _missing(error: MltuiError) -> Row:
    return Row("", (), problem=f"✗ {literal(error.message)}")
