"""After `g`: waits for the letter of a screen."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static


class LetterDialog(ModalScreen[str]):
    """Gives the letter; empty where it is no screen's."""

    def __init__(self, places: Mapping[str, str]) -> None:
        """`places` are titles of screens by their letters."""
        super().__init__()
        self._places = places
        self._is_answered = False

    def compose(self) -> ComposeResult:
        places = "  ".join(f"{letter} {title}" for letter, title in self._places.items())
        yield Static(f"to:  {places}", id="strip", markup=False)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if self._is_answered:  # a key that was typed before the dialog was gone
            return
        self._is_answered = True
        self.dismiss(event.character if event.character in self._places else "")
