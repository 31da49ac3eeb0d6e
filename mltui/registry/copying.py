"""A copy of a registry that others write to meanwhile, and whether such a copy is whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from mltui.registry.session import connect
from mltui.registry.translation import damaged_registry, translated


def copy_to(conn: sqlite3.Connection, target: Path) -> None:
    """As it stood at one moment, in one file without a log beside it; nobody waits for it.

    The target must be an empty file.
    """
    with translated(), closing(connect(target)) as copy:
        conn.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def require_whole(conn: sqlite3.Connection) -> None:
    """Reads every page; raises `Damaged`."""
    with translated():
        (said,) = conn.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise damaged_registry(str(said))
