"""Verifies the history, and writes it out for somebody who verifies it elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mltui.domain.event import Event, canonical_json
from mltui.errors import Conflict, Damaged, Refused
from mltui.operations.releases.verify_signatures import verify_signatures
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


def export_history(workspace: Workspace, file: Path) -> int:
    """Every event as a line of JSON, the oldest first; the number of events.

    A hash is the SHA-256 of the previous hash and `body`, both as UTF-8, so that anybody can follow the chain without
    mltui. Raises `Conflict` where the file is there already, `Refused` where it cannot be written.
    """
    count = 0
    try:
        with file.open("x", encoding="utf-8") as out:
            for event in events.every(workspace.registry.read()):
                out.write(json.dumps({"body": _body(event), "previous": event.previous, "hash": event.hash}) + "\n")
                count += 1
    except FileExistsError:
        raise Conflict(f"{file} is there already", hint="name another file") from None
    except OSError as error:
        raise Refused(f"the history cannot be written: {error}", hint="name a file in a folder of yours") from error
    return count


def _body(event: Event) -> str:
    names = ("sequence", "actor", "kind", "subject", "data")
    said = {name: getattr(event, name) for name in names} | {"at": event.at.isoformat()}
    return canonical_json(said).decode()
