"""Decisions on releases; a decision is never changed."""

from __future__ import annotations

import sqlite3
from typing import Any

from mltui.domain.release import Approval
from mltui.registry.table import Table

APPROVALS = Table("approvals", Approval)


def add(tx: sqlite3.Connection, **fields: Any) -> Approval:
    """All fields of an `Approval`."""
    return APPROVALS.insert(tx, Approval(**fields))


def of_release(conn: sqlite3.Connection, release_id: int) -> list[Approval]:
    """The oldest first."""
    return APPROVALS.all(conn, "WHERE release_id = ? ORDER BY id", [release_id])
