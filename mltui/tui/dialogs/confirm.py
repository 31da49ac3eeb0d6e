"""Asks whether to go on: what will happen, Enter for yes, esc for no."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Static

from mltui.tui.presentation.literal import literal
from mltui.tui.widgets.box import Box, Keys


class ConfirmDialog(ModalScreen[bool]):
    """A line that is a `str` is foreign text and made literal."""

    BINDINGS = [
        Binding("enter", "dismiss(True)", "Yes"),
        Binding("escape", "dismiss(False)", "No"),
    ]

    def __init__(
        self, title: str, lines: Sequence[Text | str], *, yes: str = "yes", is_dangerous: bool = False
    ) -> None:
        super().__init__()
        self._title = title
        self._lines = [line if isinstance(line, Text) else Text(literal(line)) for line in lines]
        self._yes = yes
        self._is_dangerous = is_dangerous

    def compose(self) -> ComposeResult:
        with Box(self._title, classes="danger" if self._is_dangerous else "", has_fields=False):
            yield Static(Text("\n").join(self._lines))
            yield Keys(f"enter  {self._yes}   esc  no")
