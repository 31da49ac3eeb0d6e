"""Reads and verifies the history."""

from __future__ import annotations

from mltui.errors import Damaged
from mltui.registry import events
from mltui.registry.events import ChainReport
from mltui.workspace import Workspace


def verify_history(workspace: Workspace, *, head: str | None = None) -> ChainReport:
    """Raises `Damaged` naming the first bad event, or the cut tail when `head` is a hash seen earlier."""
    report = events.verify(workspace.registry.read(), head=head)
    if report.problem:
        raise Damaged(
            f"the history does not hold: {report.problem}",
            hint=f"{report.count} events before it are sound; compare with a backup",
            code="history_damaged",
        )
    return report
