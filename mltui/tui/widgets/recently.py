"""What happened lately, in the room that the list above it leaves."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.worker import get_current_worker

from mltui.errors import MltuiError
from mltui.operations.standing.overview import Overview
from mltui.operations.standing.recent import Recent, recent
from mltui.tui.desk import desk_of
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.recent import lately_lines, shared_lines, smoke_lines, trend_lines, wanted_lines
from mltui.tui.widgets.guard import Guarded
from mltui.tui.widgets.panel import Lines, Panel

_MARGINS = 4
"""Cells of a panel's frame with its padding."""


class Recently(Guarded, Container):
    class Read(Message):
        """It wants to be shown; `error` is why it cannot."""

        def __init__(self, error: MltuiError | None = None) -> None:
            super().__init__()
            self.error = error

    _seen: Recent | None = None

    def compose(self) -> ComposeResult:
        for name in ("smokes", "lately", "trend"):
            panel = Panel(name, id=name)
            panel.display = False
            yield panel

    @work(thread=True, exclusive=True, group="read", exit_on_error=False)
    def reread(self, found: Overview) -> None:
        workspace, worker = desk_of(self).workspace, get_current_worker()
        places = tuple(place.name for place in found.environments if place.last is not None)
        try:
            self._seen = recent(workspace, places)
        except MltuiError as error:
            told = self.Read(error)
        else:
            told = self.Read()
        finally:
            workspace.registry.release()
        if not worker.is_cancelled:
            self.post_message(told)

    def share(self, found: Overview, room: int, *, rows: int) -> int:
        """Lines that the list gets, which needs `rows`; what is left of the room goes to the panels by their worth."""
        seen = self._seen
        if seen is None:
            return room
        wanted = wanted_lines(seen, width=self.screen.size.width - _MARGINS)
        listed, (smokes, events, trend) = shared_lines(room, rows=rows, wanted=wanted)
        live = next((place.live.version_id for place in found.environments if place.live is not None), None)
        self._show(
            "smokes", f"smokes of {seen.environment}", smokes, lambda width: smoke_lines(seen, width=width)[:smokes]
        )
        self._show("lately", "lately", events, lambda width: lately_lines(seen, width=width)[:events])
        self._show(
            "trend",
            f"{seen.metric} over versions",
            trend,
            lambda width: trend_lines(seen, live, width=width, height=trend),
        )
        return listed

    def _show(self, name: str, title: str, lines: int, draw: Lines) -> None:
        panel = self.query_one(f"#{name}", Panel)
        panel.display = lines > 0
        if lines:
            panel.border_title = literal(title).replace("[", "\\[")
            panel.show(draw)
