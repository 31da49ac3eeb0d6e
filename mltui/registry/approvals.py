"""Decisions on releases; a decision is never changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from mltui.domain.release import Approval
from mltui.registry.search import one_of, where
from mltui.registry.table import Table

APPROVALS = Table("approvals", Approval)


def add(tx: sqlite3.Connection, approval: Approval) -> Approval:
    return APPROVALS.insert(tx, approval)


def of_release(conn: sqlite3.Connection, release_id: int) -> list[Approval]:
    """The oldest first."""
    return APPROVALS.all(conn, "WHERE release_id = ? ORDER BY id", [release_id])


def of_releases(conn: sqlite3.Connection, release_ids: Sequence[int]) -> dict[int, list[Approval]]:
    """Release id → its decisions, the oldest first."""
    found: dict[int, list[Approval]] = {release_id: [] for release_id in release_ids}
    for approval in APPROVALS.all(conn, *where([one_of("release_id", release_ids)], "ORDER BY release_id, id")):
        found[approval.release_id].append(approval)
    return found
