"""Two lines at the top of every screen: where one is, what answers, what waits, who one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.widget import Widget

from mltui.operations.overview import Overview
from mltui.tui.presentation.header import header_lines

if TYPE_CHECKING:
    from mltui.tui.app import Console


class Header(Widget):
    """Paints the app's overview; equal lines are not painted again, which keeps an idle link silent."""

    def on_mount(self) -> None:
        self.watch(self.app, "overview", self._overview_changed)

    def _overview_changed(self, overview: Overview | None) -> None:
        self.refresh()

    def render(self) -> Text:
        app = cast("Console", self.app)
        return Text("\n").join(header_lines(app.overview, app.breadcrumbs, width=self.size.width))
