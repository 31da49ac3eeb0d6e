"""Work that takes some seconds: what it is and how long it has taken, then what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from mltui.tui.presentation.moments import duration


class WorkDialog(ModalScreen[None]):
    """Closing it ends nothing."""

    BINDINGS = [Binding("escape,enter", "dismiss(None)", "Close")]

    def __init__(self, title: str, words: str) -> None:
        super().__init__()
        self._title = title
        self._words = words
        self._began = time.monotonic()
        self._is_over = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            yield Static(id="told")
            yield Static("it goes on when this is closed   esc closes", classes="hint", markup=False)

    def on_mount(self) -> None:
        self._tick()
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        if not self._is_over:
            seconds = int(time.monotonic() - self._began)
            self.query_one("#told", Static).update(Text(f"… {self._words}   {duration(seconds)}", "cyan"))

    def tell(self, lines: Sequence[Text]) -> None:
        self._is_over = True
        self.query_one("#told", Static).update(Text("\n").join(lines))
        self.query_one(".hint", Static).update("enter or esc closes")
