"""Overview: what is in production and how it does, what waits and for how long, what runs, what happened lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.worker import Worker

from mltui.operations.standing.overview import Overview
from mltui.tui.messages import Show
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.overview import overview_rows, place_lines
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.panel import Panel
from mltui.tui.widgets.rows import Listing, Row, Rows

if TYPE_CHECKING:
    from mltui.tui.widgets.recently import Recently

_AROUND = 5
"""Lines of header, footer and a panel's frame; the header has one more where something is said aloud."""
_MARGINS = 4
"""Cells of a panel's frame with its padding."""


class OverviewScreen(ConsoleScreen[Overview]):
    screen_name = "overview"
    AUTO_FOCUS = "Rows"

    _recently: Recently | None = None
    """Comes after the first painting, which must not wait for it."""

    def compose_body(self) -> ComposeResult:
        yield Panel("what answers", id="places")
        yield Rows(empty="nothing runs and nothing waits: t trains a version from the newest commit")

    def on_mount(self) -> None:
        self.watch(self.app, "overview", self._look, init=False)
        self.watch(self.app, "overview_error", self._look)

    def reread(self) -> Worker[None]:
        """The console reads it, for the header as well."""
        return self.desk.read_overview()

    def _look(self) -> None:
        if (error := self.desk.overview_error) is not None:
            self._miss(error)
        elif (found := self.desk.overview) is not None:
            self._take(found)

    def paint(self, found: Overview) -> None:
        self.query_one("#places", Panel).show(lambda width: place_lines(found, width=width))
        rows = [Row(key, cells) for key, cells in overview_rows(found)]
        rows += [Row("", (), problem=f"✗ {literal(sentence)}") for sentence in found.problems]
        listing = Listing(
            ("", "WHAT", "SINCE", "STANDS AT") if rows else (),
            len(rows),
            lambda offset, limit: rows[offset : offset + limit],
            flexible=(3,),
        )
        self.query_one(Rows).show(listing)
        self._share_out(found)
        self.call_after_refresh(self._look_back, found)

    async def _look_back(self, found: Overview) -> None:
        if self._recently is None:
            from mltui.tui.widgets.recently import Recently  # what draws curves is not needed before

            self._recently = Recently()
            await self.mount(self._recently, after=self.query_one(Rows))
        self._recently.reread(found)

    def _share_out(self, found: Overview) -> None:
        """The room below what answers: the list first, then what happened lately."""
        if self._recently is not None:
            rows = self.query_one(Rows)
            above = _AROUND + len(place_lines(found, width=self.size.width - _MARGINS))
            above += int(self.query_one("#problem").display) + int(bool(found.alarms))
            rows.styles.height = self._recently.share(found, self.size.height - above, rows=rows.count + 1)

    def subject_of(self, kind: str) -> str | None:
        if kind == "environment":
            places = self.found.environments if self.found is not None else ()
            return places[0].name if places else None
        current = self.query_one(Rows).current
        return current.partition(" ")[2] if current is not None and current.partition(" ")[0] == kind else None

    @on(Rows.Opened)
    def _open(self, event: Rows.Opened) -> None:
        screen, _, subject = event.key.partition(" ")
        self.post_message(Show(screen, subject))

    @on(Rows.Moved)
    def _moved(self) -> None:
        self.tell_possible_acts()

    def on_recently_read(self, event: Recently.Read) -> None:
        if event.error is not None:
            self._miss(event.error)
        elif self.found is not None:
            self._share_out(self.found)
