"""What the worker has been asked to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mltui.domain.job import Job
from mltui.domain.run import WorkState
from mltui.registry.table import Table

JOBS = Table("jobs", Job)


def add(
    tx: sqlite3.Connection, *, kind: str, subject: str, payload: Mapping[str, Any], requested_by: str, at: datetime
) -> Job:
    """Queued. `kind` is a `JobKind`; raises `ValueError` for another word."""
    given = {"kind": kind, "subject": subject, "payload": payload, "requested_by": requested_by, "requested_at": at}
    return JOBS.add(tx, {**given, "state": WorkState.QUEUED})


def find(conn: sqlite3.Connection, id: int) -> Job | None:
    return JOBS.one(conn, "WHERE id = ?", [id])


def unfinished(conn: sqlite3.Connection) -> list[Job]:
    """Queued and running ones, the oldest first."""
    return JOBS.all(conn, "WHERE state IN ('queued', 'running') ORDER BY id")


def waiting(conn: sqlite3.Connection) -> list[Job]:
    """Those that wait for a person, the oldest first."""
    return JOBS.all(conn, "WHERE state = 'waiting' ORDER BY id")


def of_subject(conn: sqlite3.Connection, *, kind: str, subject: str) -> Job | None:
    """The newest one."""
    return JOBS.one(conn, "WHERE kind = ? AND subject = ? ORDER BY id DESC", [kind, subject])


def succeeded(conn: sqlite3.Connection, *, kind: str, subject: str, limit: int) -> list[Job]:
    """The newest first."""
    clauses = "WHERE kind = ? AND subject = ? AND +state = 'succeeded' ORDER BY id DESC LIMIT ?"
    return JOBS.all(conn, clauses, [kind, subject, limit])


def set_state(
    tx: sqlite3.Connection,
    id: int,
    *,
    state: WorkState,
    at: datetime,
    result: Mapping[str, Any] | None = None,
    error: Mapping[str, str] | None = None,
) -> Job:
    """Ends the job at `at` when the state is a last one. A result stays until another is given, an error does not."""
    changes: dict[str, Any] = {"state": state, "ended_at": at if state.is_over else None, "error": error}
    if result is not None:
        changes["result"] = result
    return JOBS.update(tx, id, changes)


def request_cancel(tx: sqlite3.Connection, id: int) -> Job:
    return JOBS.update(tx, id, {"is_cancel_requested": True})
