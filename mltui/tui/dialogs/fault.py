"""An unexpected error: what it was, with the details to copy. The console stays up."""

from __future__ import annotations

import traceback

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from mltui.tui.widgets.box import Box, Keys


class FaultDialog(ModalScreen[None]):
    BINDINGS = [
        Binding("escape,enter", "dismiss(None)", "Close"),
        Binding("C,c", "copy", "Copy"),
    ]

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._words = f"{type(error).__name__}: {error}"
        self._details = "".join(traceback.format_exception(error))

    def compose(self) -> ComposeResult:
        with Box("A fault of mltui", classes="wide"):
            yield Static(self._words, markup=False, classes="bad")
            yield TextArea(self._details, read_only=True)
            yield Keys("what was asked for goes on; please report it   c copies   esc closes")

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._details)
        self.notify("copied")
