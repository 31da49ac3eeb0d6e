"""One reading of a list of any length: its rows page by page, as they are asked for, and the lines that they become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text

from mltui.tui.presentation.table import columns
from mltui.tui.widgets.sound_page import Page, Row, sound_page

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """`page` reads so many rows from an offset on; it is called again as one scrolls."""

    head: tuple[str, ...]
    count: int
    page: Page
    align: str = ""
    flexible: tuple[int, ...] = ()
    stamp: object = None
    """Differs when rows that were read may have changed."""
    place: Callable[[str], int | None] | None = None
    """Where the row of a key is, without reading others; else it is looked for on the pages around the cursor."""


class Listed:
    """Keeps what was read and laid out of one listing."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.head_height = 1 if listing.head else 0
        self._pages: dict[int, Sequence[Row]] = {}
        self._laid: dict[tuple[int, int], list[Text]] = {}
        """By page and room."""

    @property
    def count(self) -> int:
        return self.listing.count

    def row(self, index: int) -> Row | None:
        if not 0 <= index < self.count:
            return None
        page, within = divmod(index, PAGE)
        if page not in self._pages:
            self._pages[page] = sound_page(self.listing.page, page * PAGE, PAGE)
        rows = self._pages[page]
        return rows[within] if within < len(rows) else None

    def index_of(self, key: str | None, *, near: int) -> int:
        """Of the row with that key; `near`, or the last, where it is not found."""
        last = max(self.count - 1, 0)
        found = None if key is None else self._found(key, near=min(near, last))
        return min(near, last) if found is None else found

    def _found(self, key: str, *, near: int) -> int | None:
        if self.listing.place is not None:
            return self.listing.place(key)
        start = max(near - PAGE, 0)
        nearby = range(start, min(start + 3 * PAGE, self.count))
        return next((index for index in nearby if (row := self.row(index)) is not None and row.key == key), None)

    def lines(self, page: int, room: int) -> list[Text]:
        """The head and the page's rows, aligned with each other."""
        if (page, room) not in self._laid:
            self.row(page * PAGE)
            listing = self.listing
            blank = ("",) * len(listing.head)
            rows = [row.cells or blank for row in self._pages.get(page, ())]
            self._laid[page, room] = columns(
                rows,
                head=listing.head,
                align=listing.align,
                width=max(room - 1, 1),
                flexible=listing.flexible,
            )
        return self._laid[page, room]

    def line(self, index: int, room: int) -> Text:
        """Of a row; empty where there is none."""
        row = self.row(index)
        if row is None:
            return Text()
        if row.problem:
            return Text(row.problem, "red", no_wrap=True)
        page, within = divmod(index, PAGE)
        return self.lines(page, room)[within + self.head_height]
