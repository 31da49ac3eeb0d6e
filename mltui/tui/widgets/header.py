"""Two or three lines at the top of every screen: where one is, what answers, what waits, who one is."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from mltui.tui.desk import desk_of
from mltui.tui.presentation.header import header_lines
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import shortened


class Header(Widget):
    """Equal lines are not painted again, which keeps an idle link silent."""

    _painted = Text()

    def on_mount(self) -> None:
        self.watch(self.app, "overview", self._look)
        self.watch(self.app, "overview_error", self._look)

    def _look(self) -> None:
        lines = self._lines()
        if lines != self._painted:
            self.styles.height = lines.plain.count("\n") + 1
            self.refresh()

    def render(self) -> Text:
        self._painted = self._lines()
        return self._painted

    def _lines(self) -> Text:
        app, width = desk_of(self), self.size.width
        lines = header_lines(app.overview, app.breadcrumbs, width=width)
        if app.overview is not None and app.overview_error is not None:
            told = f"✗ what stands here is old: {literal(app.overview_error.message)}"
            lines[1] = shortened(Text(told, "bold red"), width)
        return Text("\n").join(lines)
