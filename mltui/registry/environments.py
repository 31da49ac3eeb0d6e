"""How each environment stands now."""

from __future__ import annotations

import sqlite3

from mltui.domain.deployment import Environment
from mltui.registry.table import Table
from mltui.registry.translation import translated

ENVIRONMENTS = Table("environments", Environment, key=("name",))


def save(tx: sqlite3.Connection, environment: Environment) -> Environment:
    """Takes the place of what was known of it."""
    return ENVIRONMENTS.save(tx, environment)


def point(tx: sqlite3.Connection, name: str, deployment_id: int | None) -> None:
    """Says which deployment answers; all else that is known of the environment stays."""
    with translated():
        tx.execute(
            """INSERT INTO environments (name, deployment_id, is_stopped, endpoint) VALUES (?, ?, 0, '')
            ON CONFLICT (name) DO UPDATE SET deployment_id = excluded.deployment_id""",
            (name, deployment_id),
        )


def find(conn: sqlite3.Connection, name: str) -> Environment | None:
    return ENVIRONMENTS.one(conn, "WHERE name = ?", [name])


def list_environments(conn: sqlite3.Connection, *, limit: int = 1000, offset: int = 0) -> list[Environment]:
    """By name."""
    return ENVIRONMENTS.all(conn, "ORDER BY name LIMIT ? OFFSET ?", [limit, offset])
