"""Which blobs of the store the registry names."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

from mltui.registry.translation import translated

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_GONE = "SELECT model FROM versions WHERE id IN (SELECT version_id FROM pruned_models)"
_STAYS = "SELECT model FROM versions WHERE id NOT IN (SELECT version_id FROM pruned_models)"
_BEING_TRAINED = """SELECT json_each.value FROM steps, json_each(steps.outputs)
    WHERE run_id IN (SELECT id FROM runs WHERE state IN ('queued', 'running', 'waiting'))"""
_NAMED = (
    *(
        f"SELECT {column} FROM versions"
        for column in ("evaluation", "history", "training", "held_out", "data", "source", "smoke")
    ),
    *(f"SELECT {column} FROM runs" for column in ("source", "data", "plan")),
    "SELECT digest FROM data_versions",
    "SELECT evidence FROM releases",
    "SELECT json_each.value FROM steps, json_each(steps.outputs)",
)


def named(conn: sqlite3.Connection) -> set[str]:
    """Digests that a version, a run, its steps, a data version or a release stands on: the store has to hold them.

    A model that was pruned is none of them.
    """
    return _digests(conn, *_NAMED, _STAYS) - pruned_models(conn)


def pruned_models(conn: sqlite3.Connection) -> set[str]:
    """Those that no version is left with whose model stays, and that no run is about to register again."""
    return _digests(conn, _GONE) - _digests(conn, _STAYS, _BEING_TRAINED)


def mentioned(conn: sqlite3.Connection) -> set[str]:
    """Whatever looks like a digest, anywhere: `named`, and more, some of which never was a blob."""
    return {digest for text in _texts(conn) for digest in _DIGEST.findall(text)}


def _digests(conn: sqlite3.Connection, *questions: str) -> set[str]:
    with translated():
        return {str(row[0]) for question in questions for row in conn.execute(question) if row[0]}


def _texts(conn: sqlite3.Connection) -> Iterator[str]:
    with translated():
        tables = conn.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_fts%' ESCAPE '\\'"
        )
        for (table,) in tables.fetchall():
            for row in conn.execute(f'SELECT * FROM "{table}"'):
                yield from (value for value in row if isinstance(value, str) and len(value) >= 64)
