"""Reads and verifies the history."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.errors import Damaged
from mltui.operations.verify_signatures import verify_signatures
from mltui.registry import events
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AuditReport:
    count: int
    """Events."""
    head: str
    """Hash of the last one."""
    signatures: int
    """Decisions whose signature holds."""


def verify_history(workspace: Workspace, *, head: str | None = None) -> AuditReport:
    """Raises `Damaged` naming the first bad event, the cut tail when `head` is a hash seen earlier, or the first
    decision whose signature does not hold."""
    report = events.verify(workspace.registry.read(), head=head)
    if report.problem:
        raise Damaged(
            f"the history does not hold: {report.problem}",
            hint=f"{report.count} events before it are sound; compare with a backup",
            code="history_damaged",
        )
    signatures = verify_signatures(workspace)
    if signatures.problems:
        raise Damaged(
            f"a decision does not hold: {signatures.problems[0]}",
            hint=f"{signatures.count} signatures hold; compare with a backup",
            code="signature_damaged",
        )
    return AuditReport(report.count, report.head, signatures.count)
