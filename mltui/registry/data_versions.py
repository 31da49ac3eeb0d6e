"""Imported data sets."""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime

from mltui.domain.data import DataVersion
from mltui.errors import UsageError
from mltui.registry.search import NO_WORDS, Condition, Words, anywhere, where
from mltui.registry.table import Table

DATA_VERSIONS = Table("data_versions", DataVersion, key=("digest",))
_TEXTS = ("'data@' || digest", "source")


def add(tx: sqlite3.Connection, *, digest: str, source: str, files: int, bytes_total: int, at: datetime) -> DataVersion:
    """The same content imported again is the data version that is there, with its first source."""
    known = DATA_VERSIONS.one(tx, "WHERE digest = ?", [digest])
    return known or DATA_VERSIONS.insert(tx, DataVersion(digest, source, files, bytes_total, at))


def find(conn: sqlite3.Connection, prefix: str) -> DataVersion | None:
    """By the first four or more digits of the digest, with or without `data@`.

    Raises `UsageError` when several begin so, and for what is no such name.
    """
    digits = prefix.removeprefix("data@").lower()
    if not re.fullmatch("[0-9a-f]{4,64}", digits):
        raise UsageError(
            f"“{prefix}” is not the name of a data version", hint="names of that kind look like data@3f2a91c"
        )
    found = DATA_VERSIONS.all(conn, "WHERE digest >= ? AND digest < ? ORDER BY digest LIMIT 2", [digits, digits + "g"])
    if len(found) > 1:
        raise UsageError(f"several data versions begin with {digits}", hint="write more of its digits")
    return found[0] if found else None


def list_data(
    conn: sqlite3.Connection,
    limit: int = 20,
    *,
    words: Words = NO_WORDS,
    before: str | None = None,
    offset: int = 0,
) -> list[DataVersion]:
    """Newest first. `before`: only those imported before the one with this digest, which gives the next page."""
    sql = "(imported_at, rowid) < (SELECT imported_at, rowid FROM data_versions WHERE digest = ?)"
    older = Condition(sql, (before,)) if before is not None else None
    rest = "ORDER BY imported_at DESC, rowid DESC LIMIT ? OFFSET ?"
    return DATA_VERSIONS.all(conn, *where([*anywhere(_TEXTS, words), older], rest, limit, offset))


def count(conn: sqlite3.Connection, *, words: Words = NO_WORDS) -> int:
    return DATA_VERSIONS.count(conn, *where(anywhere(_TEXTS, words)))
