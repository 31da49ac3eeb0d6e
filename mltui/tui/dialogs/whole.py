"""One thing whole that a row has no room for: to read, to select and to copy."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Static

from mltui.tui.presentation.literal import literal
from mltui.tui.widgets.box import Box, Keys


class WholeDialog(ModalScreen[None]):
    """`text` may be foreign and of many lines; what is copied is the text itself."""

    BINDINGS = [
        Binding("escape,enter", "dismiss(None)", "Close"),
        Binding("c,C", "copy", "Copy"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Box(self._title, classes="wide", has_fields=False):
            yield Static("\n".join(literal(line) for line in self._text.split("\n")), markup=False)
            yield Keys("c  copies it   ↑↓  scroll   esc  close")

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.notify("copied", markup=False)
