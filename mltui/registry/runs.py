"""Runs of the pipeline."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from mltui.domain.run import Run, WorkState
from mltui.registry.search import NO_WORDS, Condition, Words, anywhere, equals, where
from mltui.registry.table import Table

RUNS = Table("runs", Run)
_TEXTS = (
    "id",
    "coalesce('v' || version_id, '')",
    '"commit"',
    "branch",
    "message",
    "author_name",
    "author_email",
    "requested_by",
    "state",
    "coalesce(failure, '')",
)


def add(tx: sqlite3.Connection, **fields: Any) -> Run:
    """All fields of a `Run` but the id."""
    return RUNS.add(tx, fields)


def find(conn: sqlite3.Connection, id: int) -> Run | None:
    return RUNS.one(conn, "WHERE id = ?", [id])


def latest(conn: sqlite3.Connection) -> Run | None:
    return RUNS.one(conn, "ORDER BY id DESC")


def list_runs(
    conn: sqlite3.Connection,
    *,
    state: WorkState | None = None,
    words: Words = NO_WORDS,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
) -> list[Run]:
    """Newest first. `before`: only ids below this one, which gives the next page; `offset` passes over the newest."""
    return RUNS.page(conn, _conditions(state, words), limit=limit, before=before, offset=offset)


def count(conn: sqlite3.Connection, *, state: WorkState | None = None, words: Words = NO_WORDS) -> int:
    return RUNS.count(conn, *where(_conditions(state, words)))


def update(tx: sqlite3.Connection, id: int, **changes: Any) -> Run:
    return RUNS.update(tx, id, changes)


def ended_before(conn: sqlite3.Connection, at: datetime) -> list[Run]:
    return RUNS.all(conn, "WHERE ended_at < ? AND state NOT IN ('queued', 'running', 'waiting') ORDER BY id", [at])


def same_work(conn: sqlite3.Connection, *, commit: str, plan: str, data: str) -> Run | None:
    """The newest run of this commit, plan and data that neither failed nor was cancelled."""
    where = """WHERE "commit" = ? AND plan = ? AND data = ? AND state NOT IN ('failed', 'cancelled') ORDER BY id DESC"""
    return RUNS.one(conn, where, [commit, plan, data])


def _conditions(state: WorkState | None, words: Words) -> list[Condition | None]:
    return [equals("state", state), *anywhere(_TEXTS, words)]
