"""Lines of text under a title, painted again only when they changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

Lines = Callable[[int], Sequence[Text]]
"""Lines for a width in cells."""


class Panel(Static):
    """`draw` is asked for its lines whenever the width or what it shows has changed."""

    def __init__(self, title: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.border_title = title
        self._draw: Lines | None = None
        self._shown: Text | None = None

    def show(self, draw: Lines) -> None:
        self._draw = draw
        self._redraw()

    def on_resize(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        if self._draw is None or self.content_size.width == 0:
            return
        lines = Text("\n").join(self._draw(self.content_size.width))
        if lines != self._shown:
            self._shown = lines
            self.update(lines)


class Pages(VerticalScroll, can_focus=True):
    """Panels under each other; the arrows scroll."""
