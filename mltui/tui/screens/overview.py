"""Overview: what is in production and how it does, what waits and for how long, what runs."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult

from mltui.operations.overview import Overview, overview
from mltui.tui.messages import Show
from mltui.tui.presentation.overview import overview_rows, place_lines
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.panel import Panel
from mltui.tui.widgets.rows import Listing, Row, Rows
from mltui.workspace import Workspace


class OverviewScreen(ConsoleScreen[Overview]):
    screen_name = "overview"
    AUTO_FOCUS = "Rows"

    def compose_body(self) -> ComposeResult:
        yield Panel("what answers", id="places")
        yield Rows(empty="nothing runs and nothing waits: t trains a version from the newest commit")

    def read(self, workspace: Workspace) -> Overview:
        return overview(workspace)

    def paint(self, found: Overview) -> None:
        self.query_one("#places", Panel).show(lambda width: place_lines(found, width=width))
        rows = [Row(key, cells) for key, cells in overview_rows(found)]
        listing = Listing(
            ("", "WHAT", "SINCE", "STANDS AT"),
            len(rows),
            lambda offset, limit: rows[offset : offset + limit],
            flexible=(3,),
        )
        self.query_one(Rows).show(listing)

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
