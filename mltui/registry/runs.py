"""Runs of the pipeline."""

from __future__ import annotations

import sqlite3
from typing import Any

from mltui.domain.run import Run, WorkState
from mltui.registry.table import LAST_ID, Table

RUNS = Table("runs", Run)


def add(tx: sqlite3.Connection, **fields: Any) -> Run:
    """All fields of a `Run` but the id."""
    return RUNS.add(tx, fields)


def find(conn: sqlite3.Connection, id: int) -> Run | None:
    return RUNS.one(conn, "WHERE id = ?", [id])


def latest(conn: sqlite3.Connection) -> Run | None:
    return RUNS.one(conn, "ORDER BY id DESC")


def list_runs(
    conn: sqlite3.Connection, *, state: WorkState | None = None, limit: int = 20, before: int | None = None
) -> list[Run]:
    """Newest first. `before`: only ids below this one, which gives the next page."""
    bounds = [before or LAST_ID, limit]
    if state is None:
        return RUNS.all(conn, "WHERE id < ? ORDER BY id DESC LIMIT ?", bounds)
    return RUNS.all(conn, "WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?", [state, *bounds])


def update(tx: sqlite3.Connection, id: int, **changes: Any) -> Run:
    return RUNS.update(tx, id, changes)


def same_work(conn: sqlite3.Connection, *, commit: str, plan: str, data: str) -> Run | None:
    """The newest run of this commit, plan and data that neither failed nor was cancelled."""
    where = """WHERE "commit" = ? AND plan = ? AND data = ? AND state NOT IN ('failed', 'cancelled') ORDER BY id DESC"""
    return RUNS.one(conn, where, [commit, plan, data])
