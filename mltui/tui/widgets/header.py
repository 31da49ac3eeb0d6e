"""Two or three lines at the top of every screen: where one is, what answers, what waits, who one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.widget import Widget

from mltui.tui.presentation.header import header_lines

if TYPE_CHECKING:
    from mltui.tui.app import Console


class Header(Widget):
    """Equal lines are not painted again, which keeps an idle link silent."""

    _painted = Text()

    def on_mount(self) -> None:
        self.watch(self.app, "overview", self._look)

    def _look(self) -> None:
        lines = self._lines()
        if lines != self._painted:
            self.styles.height = lines.plain.count("\n") + 1
            self.refresh()

    def render(self) -> Text:
        self._painted = self._lines()
        return self._painted

    def _lines(self) -> Text:
        app = cast("Console", self.app)
        return Text("\n").join(header_lines(app.overview, app.breadcrumbs, width=self.size.width))
