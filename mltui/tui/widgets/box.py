"""The frame of a dialog: a title, what is asked, and the keys on its last line."""

from __future__ import annotations

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from mltui.tui.presentation.literal import literal


class Box(VerticalScroll):
    """What does not fit on the screen scrolls; the keys stay in sight."""

    def __init__(self, title: str, *, classes: str = "", has_fields: bool = True) -> None:
        """`title` may be foreign text. A box without fields takes the focus itself, so that the arrows scroll it."""
        super().__init__(classes=f"dialog {classes}".strip(), can_focus=not has_fields)
        self.border_title = Text(literal(title))


class Keys(Static):
    """The last line of a box."""

    def __init__(self, words: str) -> None:
        super().__init__(words, classes="hint keys", markup=False)
