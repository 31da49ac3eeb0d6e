"""The last smokes of each environment; they are told as a line, and are no part of the history."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mltui.registry.table import Table
from mltui.registry.translation import translated

MOST_KEPT = 120
"""Of each environment: two hours at one a minute."""


@dataclass(frozen=True, slots=True)
class Smoke:
    environment: str
    at: datetime
    is_green: bool
    p95_ms: float | None
    """None when no case was answered."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    """What the servers of the live deployment had answered by then; empty where that could not be told."""


SMOKES = Table("smokes", Smoke, key=("environment", "at"))


def add(tx: sqlite3.Connection, smoke: Smoke) -> Smoke:
    """Forgets those that are older than the last `MOST_KEPT`."""
    added = SMOKES.save(tx, smoke)
    oldest = "SELECT at FROM smokes WHERE environment = ? ORDER BY at DESC LIMIT 1 OFFSET ?"
    with translated():
        tx.execute(
            f"DELETE FROM smokes WHERE environment = ? AND at < ({oldest})",
            (smoke.environment, smoke.environment, MOST_KEPT - 1),
        )
    return added


def of_environment(conn: sqlite3.Connection, environment: str) -> list[Smoke]:
    """The oldest first."""
    return SMOKES.all(conn, "WHERE environment = ? ORDER BY at", [environment])
