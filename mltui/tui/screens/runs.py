"""Runs: the newest first, live."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from rich.text import Text

from mltui.domain.names import version_name
from mltui.domain.run import Run
from mltui.operations.standing.browse import count_runs, list_runs
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.marks import mark
from mltui.tui.presentation.moments import ago, duration
from mltui.tui.screens.listing import ListScreen
from mltui.tui.widgets.rows import Listing, Row
from mltui.workspace import Workspace


class RunsScreen(ListScreen):
    screen_name = "runs"
    opens = "run"
    empty = "no run yet: t trains a version from the newest commit"

    @property
    def command(self) -> str:
        return "run list"

    def read(self, workspace: Workspace) -> Listing:
        return Listing(
            head=("RUN", "STATE", "AGE", "TOOK", "VERSION", "BY", "COMMIT", "MESSAGE"),
            count=count_runs(workspace, matching=self.matching),
            page=partial(_page, workspace, self.matching),
            align=">",
            flexible=(7, 5),
        )


def _page(workspace: Workspace, matching: str, offset: int, limit: int) -> list[Row]:
    now = workspace.now()
    return [
        Row(str(run.id), _cells(run, now))
        for run in list_runs(workspace, matching=matching, offset=offset, limit=limit)
    ]


def _cells(run: Run, now: datetime) -> tuple[Text | str, ...]:
    took = (run.ended_at or now) - run.started_at if run.started_at else None
    return (
        str(run.id),
        mark(run.state),
        ago(run.requested_at, now),
        duration(took.total_seconds()) if took is not None else "",
        version_name(run.version_id) if run.version_id else "",
        literal(run.requested_by),
        run.commit[:8],
        literal(run.failure or run.message.split("\n", 1)[0]),
    )
