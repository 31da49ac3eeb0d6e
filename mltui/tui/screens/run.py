"""Run: its steps live, how far they are, how long they usually take, and the log."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding

from mltui.domain.names import version_name
from mltui.domain.run import WorkState
from mltui.operations.runs.run_log import Keeps, RunLog, StepLogLine
from mltui.operations.runs.save_log import save_log
from mltui.operations.standing.durations import UsualSeconds, usual_seconds
from mltui.operations.standing.progress import Progress, progress_of
from mltui.operations.standing.state import RunDetail, run_state
from mltui.tui.dialogs.whole import WholeDialog
from mltui.tui.presentation.run import log_row, matches, run_lines
from mltui.tui.screens.listing import FilteredScreen
from mltui.tui.widgets.panel import Panel
from mltui.tui.widgets.rows import Listing, Row, Rows
from mltui.workspace import Workspace

_SHIFT = 20
"""Cells at once."""


@dataclass(frozen=True, slots=True)
class RunPage:
    detail: RunDetail
    progress: Progress | None
    usual: UsualSeconds
    log: tuple[StepLogLine, ...]
    """What matches the filter."""


class RunScreen(FilteredScreen[RunPage]):
    screen_name = "run"
    rereads_every = 1.0
    BINDINGS = [
        Binding("z", "open_line", "Whole", tooltip="the line whole, to read and to copy"),
        Binding("right", f"shift({_SHIFT})", "Shift", key_display="←→", tooltip="read long lines on, and back"),
        Binding("left", f"shift(-{_SHIFT})", "", show=False),
        Binding("f", "follow", "Follow", tooltip="to the last line of the log, and on with it"),
        Binding("w", "save", "Save", tooltip="the log as a file in this folder"),
    ]

    def compose_body(self) -> ComposeResult:
        yield Panel("steps", id="steps")
        yield from self.compose_rows(Rows(empty="nothing is logged yet"))

    @property
    def command(self) -> str:
        return f"run show {self.subject}"

    def read(self, workspace: Workspace) -> RunPage:
        detail = run_state(workspace, self.subject)
        seen = self.found
        if seen is not None and seen.detail == detail and detail.run.state.is_over and not self._filter_changed:
            return seen
        self._filter_changed = False
        if self._log is None or self._log.run_id != detail.run.id:
            self._log = RunLog(detail.run.id)
        log = tuple(self._log.lines(workspace, keeps=self._keeps))
        return RunPage(detail, progress_of(workspace, detail.run.id), usual_seconds(workspace), log)

    _log: RunLog | None = None
    _keeps: Keeps | None = None
    _filter_changed = False
    _shift = 0
    """How many characters of the log's lines stand left of the screen."""

    def filter_changed(self) -> None:
        words = self.matching
        self._keeps = (lambda line: matches(line, words)) if words.strip() else None
        self._filter_changed = True

    def paint(self, found: RunPage) -> None:
        now = self.desk.workspace.now()
        self.query_one("#steps", Panel).show(
            lambda width: run_lines(found.detail, found.progress, found.usual, now=now, width=width)
        )
        rows = self.query_one(Rows)
        is_at_end = rows.cursor >= rows.count - 1
        log, shift = found.log, self._shift
        rows.show(Listing((), len(log), lambda offset, limit: _rows(log, shift, offset, limit), flexible=(1,)))
        if is_at_end:
            rows.action_move_to(-1)

    def subject_of(self, kind: str) -> str | None:
        run = self.found.detail.run if self.found is not None else None
        if kind == "version" and run is not None and run.version_id is not None:
            return version_name(run.version_id)
        return super().subject_of(kind)

    def refusal_of(self, act: str) -> str:
        run = self.found.detail.run if self.found is not None else None
        if act == "resume" and run is not None and run.state is WorkState.SUCCEEDED:
            return f"run {run.id} succeeded; only what failed or was cancelled is resumed"
        if act == "cancel" and run is not None and run.state.is_over:
            return f"run {run.id} is over"
        return super().refusal_of(act)

    def action_follow(self) -> None:
        """To the last line, which it then stays on; any move away from it pauses."""
        self.query_one(Rows).action_move_to(-1)

    @on(Rows.Opened)
    def _open_line(self, event: Rows.Opened) -> None:
        log = () if self.found is None else self.found.log
        if int(event.key) < len(log):
            line = log[int(event.key)]
            self.app.push_screen(WholeDialog(f"{line.step}, line {int(event.key) + 1} of {len(log)}", line.text))

    def action_open_line(self) -> None:
        self.query_one(Rows).action_open()

    def action_shift(self, by: int) -> None:
        if self.found is not None:
            longest = max((len(line.text) for line in self.found.log), default=0)
            self._shift = max(0, min(self._shift + by, longest - _SHIFT))
            self.paint(self.found)

    async def action_save(self) -> None:
        path = await self.desk.ask(lambda workspace: save_log(workspace, self.subject, folder=self.desk.directory))
        self.notify(f"the log is in {path}", markup=False)


def _rows(log: tuple[StepLogLine, ...], shift: int, offset: int, limit: int) -> list[Row]:
    return [
        Row(str(offset + index), log_row(line, shift=shift)) for index, line in enumerate(log[offset : offset + limit])
    ]
