"""Lines of text under a title, painted again only when they changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.widget import Widget

Lines = Callable[[int], Sequence[Text]]
"""Lines for a width in cells."""


class Panel(Widget):
    """As high as its lines are many at the width that it is given."""

    def __init__(self, title: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.border_title = title
        self._draw: Lines = lambda width: ()
        self._drawn: tuple[int, Sequence[Text]] = (0, ())
        """Width and its lines."""

    def on_mount(self) -> None:
        """What came before had no layout to change."""
        self.refresh(layout=True)

    def show(self, draw: Lines) -> None:
        width, before = self._drawn
        self._draw = draw
        self._drawn = (0, ())
        if width == 0 or (lines := self._lines(width)) != before:
            self.refresh(layout=width == 0 or len(lines) != len(before))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Text:
        return Text("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> Sequence[Text]:
        if self._drawn[0] != width:
            self._drawn = (width, self._draw(width) if width else ())
        return self._drawn[1]


class Pages(VerticalScroll, can_focus=True):
    """Panels under each other; the arrows scroll."""
