"""Releases: the ways of versions to environments."""

from __future__ import annotations

import sqlite3
from typing import Any

from mltui.domain.release import Release, ReleaseState
from mltui.registry.table import LAST_ID, Table

RELEASES = Table("releases", Release)


def add(tx: sqlite3.Connection, **fields: Any) -> Release:
    """All fields of a `Release` but the id."""
    return RELEASES.add(tx, fields)


def find(conn: sqlite3.Connection, id: int) -> Release | None:
    return RELEASES.one(conn, "WHERE id = ?", [id])


def latest(conn: sqlite3.Connection) -> Release | None:
    return RELEASES.one(conn, "ORDER BY id DESC")


def list_releases(
    conn: sqlite3.Connection,
    *,
    state: ReleaseState | None = None,
    version_id: int | None = None,
    environment: str | None = None,
    limit: int = 20,
    before: int | None = None,
) -> list[Release]:
    """Newest first. `before`: only ids below this one, which gives the next page."""
    wanted = {"version_id = ?": version_id, "state = ?": state, "environment = ?": environment}
    given = {condition: value for condition, value in wanted.items() if value is not None}
    where = " AND ".join((*given, "id < ?"))
    return RELEASES.all(conn, f"WHERE {where} ORDER BY id DESC LIMIT ?", [*given.values(), before or LAST_ID, limit])


def unfinished(conn: sqlite3.Connection, *, environment: str) -> list[Release]:
    """Running and waiting ones, the oldest first."""
    where = "WHERE environment = ? AND state IN ('running', 'waiting_approval') ORDER BY id"
    return RELEASES.all(conn, where, [environment])


def update(tx: sqlite3.Connection, id: int, **changes: Any) -> Release:
    return RELEASES.update(tx, id, changes)
