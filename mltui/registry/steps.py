"""The attempts at each step of a run."""

from __future__ import annotations

import sqlite3

from mltui.domain.run import StepAttempt
from mltui.registry.table import Table

STEPS = Table("steps", StepAttempt, key=("run_id", "step", "attempt"))


def save(tx: sqlite3.Connection, attempt: StepAttempt) -> StepAttempt:
    """Takes the place of the same attempt's earlier row."""
    return STEPS.save(tx, attempt)


def of_run(conn: sqlite3.Connection, run_id: int) -> list[StepAttempt]:
    """In the order in which they were first saved."""
    return STEPS.all(conn, "WHERE run_id = ? ORDER BY rowid", [run_id])
