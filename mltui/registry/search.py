"""Full-text search: a word finds all that begin with it, several words must all be there."""

from __future__ import annotations

import re
import sqlite3

from mltui.domain.event import Event
from mltui.domain.version import ModelVersion
from mltui.registry.events import EVENTS
from mltui.registry.versions import VERSIONS


def search_events(conn: sqlite3.Connection, text: str, *, limit: int = 100) -> list[Event]:
    """Newest first."""
    where = """WHERE sequence IN (SELECT rowid FROM events_fts WHERE events_fts MATCH ? ORDER BY rowid DESC LIMIT ?)
        ORDER BY sequence DESC"""
    return EVENTS.all(conn, where, [_query(text), limit])


def search_versions(conn: sqlite3.Connection, text: str, *, limit: int = 100) -> list[ModelVersion]:
    """Versions whose own facts or whose notes hold the words, newest first."""
    where = """WHERE id IN (
            SELECT rowid FROM versions_fts WHERE versions_fts MATCH ?
            UNION SELECT version_id FROM notes WHERE id IN (SELECT rowid FROM notes_fts WHERE notes_fts MATCH ?)
        ) ORDER BY id DESC LIMIT ?"""
    return VERSIONS.all(conn, where, [_query(text), _query(text), limit])


def _query(text: str) -> str:
    """Only words: nothing that a person types becomes an operator of the query language."""
    return " ".join(f'"{word}"*' for word in re.findall(r"\w+", text)) or '""'
