"""Audit: the history, the newest first, and whether it is whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from rich.text import Text
from textual import on
from textual.binding import Binding

from mltui.operations.standing.browse import count_events, list_events
from mltui.operations.workspaces.audit import verify_history
from mltui.tui.dialogs.whole import WholeDialog
from mltui.tui.presentation.event import event_text
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import ago, moment
from mltui.tui.screens.listing import ListScreen
from mltui.tui.widgets.rows import Listing, Row, Rows
from mltui.workspace import Workspace


class AuditScreen(ListScreen):
    screen_name = "audit"
    BINDINGS = [
        Binding("z", "open_event", "Whole", tooltip="the event with all of its fields"),
        Binding("v", "verify", "Verify", tooltip="whether the history is whole and unaltered"),
        Binding("T", "times", "Times", tooltip="absolute times, or how long ago"),
    ]
    has_absolute_times = False

    @property
    def command(self) -> str:
        return "audit list"

    def read(self, workspace: Workspace) -> Listing:
        return Listing(
            head=("NO", "WHEN", "WHO", "WHAT"),
            count=count_events(workspace, matching=self.matching),
            page=partial(_page, workspace, self.matching, self._tell_time),
            align=">",
            flexible=(3,),
        )

    def _tell_time(self, at: datetime, now: datetime) -> str:
        return moment(at) if self.has_absolute_times else f"{ago(at, now)} ago"

    def action_times(self) -> None:
        self.has_absolute_times = not self.has_absolute_times
        self.reread()

    @on(Rows.Opened)
    async def _open_event(self, event: Rows.Opened) -> None:
        sequence = int(event.key)
        found = await self.desk.ask(lambda workspace: list_events(workspace, before=sequence + 1, limit=1))
        if found:
            self.app.push_screen(WholeDialog(f"event {sequence}", event_text(found[0])))

    def action_open_event(self) -> None:
        self.query_one(Rows).action_open()

    async def action_verify(self) -> None:
        report = await self.desk.ask(verify_history)
        self.notify(
            f"{report.count} events, whole and unaltered; head {report.head[:16]}…", title="✓ verified", markup=False
        )


def _page(
    workspace: Workspace, matching: str, tell_time: Callable[[datetime, datetime], str], offset: int, limit: int
) -> list[Row]:
    now = workspace.now()
    return [
        Row(
            str(event.sequence),
            (
                str(event.sequence),
                tell_time(event.at, now),
                Text(literal(event.actor), "dim"),
                literal(event),
            ),
        )
        for event in list_events(workspace, matching=matching, offset=offset, limit=limit)
    ]
