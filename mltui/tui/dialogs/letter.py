"""After `g`: waits for the letter of a screen."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from mltui.tui.screens import SCREENS


class LetterDialog(ModalScreen[str]):
    def compose(self) -> ComposeResult:
        places = "  ".join(f"{entry.letter} {entry.title}" for entry in SCREENS.values() if entry.letter)
        yield Static(f"go to:  {places}", id="strip", markup=False)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        found = [name for name, entry in SCREENS.items() if entry.letter and entry.letter == event.character]
        self.dismiss(found[0] if found else "")
