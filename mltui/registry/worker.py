"""The worker's last sign of life; there is one worker at most."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mltui.domain.job import Heartbeat
from mltui.registry.columns import moment_text
from mltui.registry.table import Table
from mltui.registry.translation import translated

WORKER = Table("worker", Heartbeat)


def beat(tx: sqlite3.Connection, *, pid: int, start_ticks: int, build: str, host: str, at: datetime) -> None:
    with translated():
        tx.execute(
            "INSERT OR REPLACE INTO worker (id, pid, start_ticks, build, host, at) VALUES (1, ?, ?, ?, ?, ?)",
            (pid, start_ticks, build, host, moment_text(at)),
        )


def read(conn: sqlite3.Connection) -> Heartbeat | None:
    return WORKER.one(conn, "WHERE id = 1")


def clear(tx: sqlite3.Connection) -> None:
    with translated():
        tx.execute("DELETE FROM worker")
