"""Who has seen that a release went through in an emergency."""

from __future__ import annotations

import sqlite3
from typing import Any

from mltui.domain.release import Acknowledgement, Approval
from mltui.registry.approvals import APPROVALS
from mltui.registry.table import Table

ACKNOWLEDGEMENTS = Table("acknowledgements", Acknowledgement, key=("release_id",))


def add(tx: sqlite3.Connection, **fields: Any) -> Acknowledgement:
    """All fields of an `Acknowledgement`."""
    return ACKNOWLEDGEMENTS.insert(tx, Acknowledgement(**fields))


def find(conn: sqlite3.Connection, release_id: int) -> Acknowledgement | None:
    return ACKNOWLEDGEMENTS.one(conn, "WHERE release_id = ?", [release_id])


def missing(conn: sqlite3.Connection) -> list[Approval]:
    """Approvals in an emergency that nobody else has seen yet, the oldest first."""
    return APPROVALS.all(
        conn,
        "WHERE emergency <> '' AND release_id NOT IN (SELECT release_id FROM acknowledgements) ORDER BY release_id",
    )
