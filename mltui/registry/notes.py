"""Remarks on versions."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mltui.domain.version import Note
from mltui.registry.table import Table

NOTES = Table("notes", Note)


def add(tx: sqlite3.Connection, *, version_id: int, text: str, author: str, at: datetime) -> Note:
    return NOTES.add(tx, {"version_id": version_id, "author": author, "text": text, "at": at})


def of_version(conn: sqlite3.Connection, version_id: int) -> list[Note]:
    """The oldest first."""
    return NOTES.all(conn, "WHERE version_id = ? ORDER BY id", [version_id])
