"""Facts about the registry itself: whose workspace, which project, and what operations remember under a key."""

from __future__ import annotations

import sqlite3

from mltui.registry.translation import damaged_registry, translated


def workspace_uuid(conn: sqlite3.Connection) -> str:
    return _require(conn, "workspace_uuid")


def project(conn: sqlite3.Connection) -> str:
    return _require(conn, "project")


def get(conn: sqlite3.Connection, key: str) -> str | None:
    with translated():
        row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def put(tx: sqlite3.Connection, key: str, value: str) -> None:
    """Takes the place of what was there."""
    with translated():
        tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


def engines(conn: sqlite3.Connection) -> tuple[str, ...]:
    """Every engine that anything of this workspace was started on."""
    with translated():
        rows = conn.execute("SELECT engine FROM runs UNION SELECT engine FROM deployments ORDER BY engine").fetchall()
    return tuple(str(row[0]) for row in rows)


def _require(conn: sqlite3.Connection, key: str) -> str:
    value = get(conn, key)
    if value is None:
        raise damaged_registry(f"it does not say its {key}")
    return value
