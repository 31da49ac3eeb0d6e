"""Asks for one line of text."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mltui.tui.presentation.literal import literal
from mltui.tui.widgets.box import Box, Keys


class AskTextDialog(ModalScreen[str | None]):
    """The text without space around it, empty only where it is not required; None when the person thinks better."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Leave it")]

    def __init__(self, title: str, explanation: str, *, is_required: bool = True) -> None:
        super().__init__()
        self._title = title
        self._explanation = explanation
        self._is_required = is_required

    def compose(self) -> ComposeResult:
        with Box(self._title):
            yield Static(literal(self._explanation), markup=False)
            yield Input()
            yield Keys("enter  take it   esc  leave it")

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text or not self._is_required:
            self.dismiss(text)
        else:
            self.query_one(Keys).update("! this cannot be empty   esc  leave it")
