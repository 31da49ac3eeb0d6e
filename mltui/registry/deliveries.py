"""How far each program outside has been told of the history, and every delivery to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mltui.domain.delivery import Delivery, DeliveryState
from mltui.registry.table import Table
from mltui.registry.translation import translated

MOST_KEPT = 1000
"""Of each notifier: what is older and needs nothing more is forgotten."""


@dataclass(frozen=True, slots=True)
class Cursor:
    name: str
    """Of the notifier."""
    sequence: int
    """Of the last event that was looked at for it."""


CURSORS = Table("notifiers", Cursor, key=("name",))
DELIVERIES = Table("deliveries", Delivery)


def cursors(conn: sqlite3.Connection) -> dict[str, int]:
    return {each.name: each.sequence for each in CURSORS.all(conn, "ORDER BY name")}


def set_cursor(tx: sqlite3.Connection, name: str, sequence: int) -> None:
    CURSORS.save(tx, Cursor(name, sequence))


def forget_cursor(tx: sqlite3.Connection, name: str) -> None:
    """With what was still on its way."""
    with translated():
        tx.execute("DELETE FROM notifiers WHERE name = ?", (name,))
        tx.execute("DELETE FROM deliveries WHERE notifier = ? AND state IN ('pending', 'given_up')", (name,))


def take_up(tx: sqlite3.Connection, notifier: str, sequences: Sequence[int], *, at: datetime) -> None:
    for sequence in sequences:
        given = {"notifier": notifier, "sequence": sequence, "state": DeliveryState.PENDING}
        DELIVERIES.add(tx, {**given, "taken_up_at": at, "due_at": at})


def first_pending(conn: sqlite3.Connection, notifier: str) -> Delivery | None:
    """The one of the oldest event: none after it is tried before."""
    return DELIVERIES.one(conn, "WHERE state = 'pending' AND notifier = ? ORDER BY sequence", [notifier])


def is_known(conn: sqlite3.Connection, id: int) -> bool:
    return DELIVERIES.one(conn, "WHERE id = ?", [id]) is not None


def save(tx: sqlite3.Connection, delivery: Delivery) -> Delivery:
    with translated():
        tx.execute(
            """DELETE FROM deliveries WHERE notifier = ? AND state IN ('delivered', 'dismissed')
            AND sequence <= (SELECT sequence FROM deliveries WHERE notifier = ?
                ORDER BY sequence DESC LIMIT 1 OFFSET ?)""",
            (delivery.notifier, delivery.notifier, MOST_KEPT),
        )
    return DELIVERIES.save(tx, delivery)


def newest(conn: sqlite3.Connection, *, limit: int) -> list[Delivery]:
    return DELIVERIES.page(conn, [], limit=limit)


def last_delivered(conn: sqlite3.Connection, notifier: str) -> Delivery | None:
    where = "WHERE notifier = ? AND state = 'delivered' ORDER BY sequence DESC"
    return DELIVERIES.one(conn, where, [notifier])


def given_up(conn: sqlite3.Connection, notifier: str | None = None) -> list[Delivery]:
    """Of each notifier the oldest first."""
    if notifier is None:
        return DELIVERIES.all(conn, "WHERE state = 'given_up' ORDER BY notifier, sequence")
    return DELIVERIES.all(conn, "WHERE state = 'given_up' AND notifier = ? ORDER BY sequence", [notifier])


def count_pending(conn: sqlite3.Connection, notifier: str) -> int:
    return DELIVERIES.count(conn, "WHERE state = 'pending' AND notifier = ?", [notifier])


def has_pending(conn: sqlite3.Connection) -> bool:
    return DELIVERIES.one(conn, "WHERE state = 'pending' ORDER BY notifier, sequence") is not None


def is_behind(conn: sqlite3.Connection) -> bool:
    """Whether there are events that were not looked at for one of them, but for those that a worker makes by ending."""
    with translated():
        found = conn.execute(
            """SELECT 1 FROM events WHERE sequence > (SELECT min(sequence) FROM notifiers)
            AND kind NOT IN ('WorkerStarted', 'WorkerStopped') LIMIT 1"""
        )
        return found.fetchone() is not None
