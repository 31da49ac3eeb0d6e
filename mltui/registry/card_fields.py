"""What people wrote into model cards; a text is never changed, only followed by another."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from mltui.domain.model_card import CardField
from mltui.registry.table import Table


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    version_id: int
    field: str
    text: str
    author: str
    at: datetime


ROWS = Table("card_fields", _Row)


def add(tx: sqlite3.Connection, *, version_id: int, field: str, text: str, author: str, at: datetime) -> None:
    ROWS.add(tx, {"version_id": version_id, "field": field, "text": text, "author": author, "at": at})


def of_version(conn: sqlite3.Connection, version_id: int) -> list[CardField]:
    """The oldest first."""
    found = ROWS.all(conn, "WHERE version_id = ? ORDER BY id", [version_id])
    return [CardField(row.field, row.text, row.author, row.at) for row in found]
