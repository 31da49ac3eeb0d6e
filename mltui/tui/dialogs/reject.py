"""Before a rejection: what ends, and why."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mltui.domain.names import release_name, version_name
from mltui.operations.releases.release_page import ReleasePage
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.wrapping import wrapped
from mltui.tui.widgets.box import Box, Keys

_WIDTH = 66


class RejectDialog(ModalScreen[str | None]):
    """The reason, never empty; None when the person thinks better."""

    BINDINGS = [
        Binding("enter", "go", "Reject", priority=True),
        Binding("escape", "dismiss(None)", "Leave it"),
    ]

    def __init__(self, found: ReleasePage) -> None:
        super().__init__()
        self._found = found

    def compose(self) -> ComposeResult:
        release = self._found.release
        name, place = version_name(release.version_id), literal(release.environment)
        told = f"{name} would not go to {place}; {release_name(release.id)} ends, and what answers there stays"
        with Box("Reject", classes="danger"):
            yield Static(Text("\n").join(wrapped(told, width=_WIDTH, indent=0)))
            yield Input(placeholder="why, for the record", compact=True)
            yield Static(id="missing", classes="bad", markup=False)
            yield Keys("enter  reject   esc  leave it")

    def action_go(self) -> None:
        reason = self.query_one(Input).value.strip()
        if reason:
            self.dismiss(reason)
        else:
            self.query_one("#missing", Static).update("! a rejection needs a reason")
