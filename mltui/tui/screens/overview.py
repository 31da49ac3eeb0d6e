"""Overview: what is in production and how it does, what waits and for how long, what runs, what happened lately."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.worker import Worker, get_current_worker

from mltui.errors import MltuiError
from mltui.operations.overview import Overview
from mltui.operations.recent import Recent, recent
from mltui.tui.messages import Show
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.overview import overview_rows, place_lines
from mltui.tui.presentation.recent import BORDER, lately_lines, shared_lines, smoke_lines, trend_lines, wanted_lines
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.panel import Lines, Panel
from mltui.tui.widgets.rows import Listing, Row, Rows

_AROUND = 3
"""Lines of header and footer; the header has one more where something is said aloud."""
_MARGINS = 4
"""Cells of a panel's frame with its padding."""


class OverviewScreen(ConsoleScreen[Overview]):
    screen_name = "overview"
    AUTO_FOCUS = "Rows"

    def compose_body(self) -> ComposeResult:
        yield Panel("what answers", id="places")
        yield Rows(empty="nothing runs and nothing waits: t trains a version from the newest commit")

        for name in ("smokes", "lately", "trend"):
            panel = Panel(name, id=name)
            panel.display = False
            yield panel

    _recent: Recent | None = None
    """Comes after the first painting, which must not wait for it."""

    def on_mount(self) -> None:
        self.watch(self.app, "overview", self._look)
        self.watch(self.app, "overview_error", self._look)

    def reread(self) -> Worker[None]:
        """The console reads it, for the header as well."""
        return self.desk.read_overview()

    def _look(self) -> None:
        if (error := self.desk.overview_error) is not None:
            self._miss(error)
        elif (found := self.desk.overview) is not None:
            self._take(found)

    def paint(self, found: Overview) -> None:
        self.query_one("#places", Panel).show(lambda width: place_lines(found, width=width))
        rows = [Row(key, cells) for key, cells in overview_rows(found)]
        rows += [Row("", (), problem=f"✗ {literal(sentence)}") for sentence in found.problems]
        listing = Listing(
            ("", "WHAT", "SINCE", "STANDS AT") if rows else (),
            len(rows),
            lambda offset, limit: rows[offset : offset + limit],
            flexible=(3,),
        )
        self.query_one(Rows).show(listing)
        self._share_out(found, len(rows))
        self._read_recent(tuple(place.name for place in found.environments if place.last is not None))

    @work(thread=True, exclusive=True, group="read", exit_on_error=False)
    def _read_recent(self, environments: tuple[str, ...]) -> None:
        workspace, worker = self.desk.workspace, get_current_worker()
        try:
            found = recent(workspace, environments)
        except MltuiError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._miss, error)
        else:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._take_recent, found)
        finally:
            workspace.registry.release()

    def _take_recent(self, found: Recent) -> None:
        self._recent = found
        if self.found is not None:
            self._share_out(self.found, self.query_one(Rows).count)

    def _share_out(self, found: Overview, rows: int) -> None:
        """The room below what answers: the list first, then the panels in the order of their worth."""
        inside = self.size.width - _MARGINS
        above = _AROUND + BORDER + len(place_lines(found, width=inside))
        above += int(self.query_one("#problem").display) + int(bool(found.alarms))
        seen = self._recent
        wanted = ((0, 0),) * 3 if seen is None else wanted_lines(seen, width=inside)
        listed, (smokes, events, trend) = shared_lines(self.size.height - above, rows=rows + 1, wanted=wanted)
        self.query_one(Rows).styles.height = listed
        if seen is not None:
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

    def _show(self, name: str, title: str, lines: int, draw: Lines) -> None:
        panel = self.query_one(f"#{name}", Panel)
        panel.display = lines > 0
        if lines:
            panel.border_title = literal(title).replace("[", "\\[")
            panel.show(draw)

    def subject_of(self, kind: str) -> str | None:
        if kind == "environment":
            places = self.found.environments if self.found is not None else ()
            return places[0].name if places else None
        current = self.query_one(Rows).current
        return current.partition(" ")[2] if current is not None and current.partition(" ")[0] == kind else None

    @on(Rows.Opened)
    def _open(self, event: Rows.Opened) -> None:
        screen, _, subject = event.key.partition(" ")
        self.post_message(Show(screen, subject))

    @on(Rows.Moved)
    def _moved(self) -> None:
        self.tell_possible_acts()
