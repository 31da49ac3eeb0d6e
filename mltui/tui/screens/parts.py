"""A screen of parts under each other: Tab brings the next to the top, the arrows scroll."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding

from mltui.tui.presentation.lost import lost_lines
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.panel import Lines, Pages, Panel

Found = TypeVar("Found")


class PartsScreen(ConsoleScreen[Found], Generic[Found]):
    """Its `compose_body` yields `Pages` with panels; they are seen from the first painting on."""

    AUTO_FOCUS = "Pages"
    HORIZONTAL_BREAKPOINTS = [(0, "-one-column"), (140, "-two-columns")]
    BINDINGS = [
        Binding("tab", "jump(1)", "Next part"),
        Binding("shift+tab", "jump(-1)", "Part before", show=False),
    ]

    FIELDS: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Part → fields of a version without which it tells nothing."""

    _part = 0
    _lost: Collection[str] = ()
    """Fields that are damaged."""

    def show_part(self, name: str, draw: Lines, *, title: str | None = None) -> None:
        lost = [field for field in self.FIELDS.get(name, ()) if field in self._lost]
        if lost:
            draw = partial(lost_lines, lost)
        panel = self.query_one(f"#{name}", Panel)
        if title is not None:
            panel.border_title = title
        panel.show(draw)

    def action_jump(self, by: int) -> None:
        panels = [panel for panel in self.query(Panel) if panel.display]
        if panels:
            self._part = (self._part + by) % len(panels)
            self.query_one(Pages).scroll_to_widget(panels[self._part], top=True, animate=False)
