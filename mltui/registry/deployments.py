"""Which version answered where, from when to when."""

from __future__ import annotations

import sqlite3
from typing import Any

from mltui.domain.deployment import Deployment
from mltui.registry.table import Table
from mltui.registry.translation import translated

DEPLOYMENTS = Table("deployments", Deployment)


def add(tx: sqlite3.Connection, **fields: Any) -> Deployment:
    """All fields of a `Deployment` but the id. Raises `Conflict` for a second live one in its environment."""
    return DEPLOYMENTS.add(tx, fields)


def find(conn: sqlite3.Connection, id: int) -> Deployment | None:
    return DEPLOYMENTS.one(conn, "WHERE id = ?", [id])


def update(tx: sqlite3.Connection, id: int, **changes: Any) -> Deployment:
    """Raises `Conflict` for a second live one in its environment: take the old one's state first."""
    return DEPLOYMENTS.update(tx, id, changes)


def of_environment(conn: sqlite3.Connection, environment: str) -> list[Deployment]:
    """The oldest first."""
    return DEPLOYMENTS.all(conn, "WHERE environment = ? ORDER BY id", [environment])


def has_good_beside(conn: sqlite3.Connection, environment: str, *, version_id: int) -> bool:
    """Whether another version was good in the environment: it finished a bake, or was healthy when it was replaced."""
    good = "(is_baked OR was_healthy_when_replaced) AND live_from IS NOT NULL"
    where = f"environment = ? AND version_id <> ? AND {good}"
    return DEPLOYMENTS.one(conn, f"WHERE {where}", [environment, version_id]) is not None


def of_release(conn: sqlite3.Connection, release_id: int) -> list[Deployment]:
    """Those that the release brought, the oldest first."""
    return DEPLOYMENTS.all(conn, "WHERE release_id = ? ORDER BY id", [release_id])


def data_behind(conn: sqlite3.Connection, deployment: Deployment) -> str:
    """Digest of the data that its version was trained on; empty where that is not there."""
    with translated():
        row = conn.execute("SELECT data FROM versions WHERE id = ?", [deployment.version_id]).fetchone()
    return "" if row is None else str(row[0])


def live(conn: sqlite3.Connection) -> list[Deployment]:
    """One in each environment at most, by its name."""
    return DEPLOYMENTS.all(conn, "WHERE state = 'live' ORDER BY environment")


def with_server(conn: sqlite3.Connection, environment: str) -> list[Deployment]:
    """The live one, those that share its traffic and the warm ones, the newest first."""
    rest = "WHERE environment = ? AND state IN ('live', 'canary', 'warm') ORDER BY id DESC"
    return DEPLOYMENTS.all(conn, rest, [environment])


def not_live_with_server(conn: sqlite3.Connection) -> list[Deployment]:
    """Starting, warm and cold ones and canaries of all environments."""
    return DEPLOYMENTS.all(conn, "WHERE state IN ('starting', 'canary', 'warm', 'cold') ORDER BY id")


def every(conn: sqlite3.Connection) -> list[Deployment]:
    """Of all environments, the oldest first."""
    return DEPLOYMENTS.all(conn, "ORDER BY id")
