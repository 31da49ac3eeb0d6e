"""A screen that is a list: rows, a filter that works as one types, Enter opens what is under the cursor."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from mltui.tui.messages import Show
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.rows import Listing, Rows
from mltui.workspace import Workspace

Found = TypeVar("Found")


class FilteredScreen(ConsoleScreen[Found], Generic[Found]):
    """Rows with a filter field that comes with `/`; what is typed stands in `matching` for the next reading."""

    BINDINGS = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("escape", "leave_filter", "Back"),
    ]
    AUTO_FOCUS = "Rows"

    matching = ""

    def compose_rows(self, rows: Rows) -> ComposeResult:
        yield rows
        yield Input(id="filter", placeholder="words that must be there, !words that must not", compact=True)

    def filter_changed(self) -> None:
        """Before the next reading."""

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()

    async def action_leave_filter(self) -> None:
        """First ends the typing, then takes the filter away, then goes back."""
        field = self.query_one("#filter", Input)
        if field.has_focus and field.value:
            field.value = ""
        elif field.display:
            field.display = False
            self.query_one(Rows).focus()
        else:
            await self.desk.action_back()

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self.matching = event.value
        self.filter_changed()
        self.reread()

    @on(Input.Submitted, "#filter")
    def _settled(self) -> None:
        self.query_one("#filter", Input).display = bool(self.matching)
        self.query_one(Rows).focus()


class ListScreen(FilteredScreen[Listing]):
    opens: ClassVar[str] = ""
    """The screen that Enter opens, and the kind of thing that the rows are; empty for rows that open nothing."""
    empty: ClassVar[str] = "nothing here yet"

    def compose_body(self) -> ComposeResult:
        yield from self.compose_rows(Rows(empty=self.empty))

    def read(self, workspace: Workspace) -> Listing:
        """The list of what matches `matching`, the newest first."""
        raise NotImplementedError

    def paint(self, found: Listing) -> None:
        self.query_one(Rows).show(found)

    def subject_of(self, kind: str) -> str | None:
        return self.query_one(Rows).current if kind == self.opens else None

    @on(Rows.Opened)
    def _open(self, event: Rows.Opened) -> None:
        if self.opens:
            self.post_message(Show(self.opens, event.key))

    @on(Rows.Moved)
    def _moved(self) -> None:
        self.tell_possible_acts()
