"""Remarks on versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from mltui.domain.version import Note
from mltui.registry.search import one_of, where
from mltui.registry.table import Table

NOTES = Table("notes", Note)


def add(tx: sqlite3.Connection, *, version_id: int, text: str, author: str, at: datetime) -> Note:
    return NOTES.add(tx, {"version_id": version_id, "author": author, "text": text, "at": at})


def of_version(conn: sqlite3.Connection, version_id: int) -> list[Note]:
    """The oldest first."""
    return NOTES.all(conn, "WHERE version_id = ? ORDER BY id", [version_id])


def of_versions(conn: sqlite3.Connection, ids: Sequence[int]) -> list[Note]:
    """The oldest first."""
    return NOTES.all(conn, *where([one_of("version_id", ids)], "ORDER BY id")) if ids else []
