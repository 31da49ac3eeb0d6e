"""The attempts at each step of a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from mltui.domain.run import StepAttempt
from mltui.registry.columns import moment_text
from mltui.registry.search import one_of, where
from mltui.registry.table import Table
from mltui.registry.translation import translated

STEPS = Table("steps", StepAttempt, key=("run_id", "step", "attempt"))


def save(tx: sqlite3.Connection, attempt: StepAttempt) -> StepAttempt:
    """Takes the place of the same attempt's earlier row."""
    return STEPS.save(tx, attempt)


def of_run(conn: sqlite3.Connection, run_id: int) -> list[StepAttempt]:
    """In the order in which they were first saved."""
    return STEPS.all(conn, "WHERE run_id = ? ORDER BY rowid", [run_id])


def of_runs(conn: sqlite3.Connection, run_ids: Sequence[int]) -> dict[int, list[StepAttempt]]:
    """Run id → its attempts in the order in which they were first saved."""
    found: dict[int, list[StepAttempt]] = {run_id: [] for run_id in run_ids}
    for attempt in STEPS.all(conn, *where([one_of("run_id", run_ids)], "ORDER BY run_id, rowid")):
        found[attempt.run_id].append(attempt)
    return found


def succeeded_since(conn: sqlite3.Connection, run_id: int) -> list[StepAttempt]:
    """Attempts of this and later runs that did their work to its end, nothing from the cache; the newest run first."""
    rest = "WHERE run_id >= ? AND state = 'succeeded' AND cached_from IS NULL ORDER BY run_id DESC"
    return STEPS.all(conn, rest, [run_id])


def images_since(conn: sqlite3.Connection, at: datetime) -> set[str]:
    """Ids of the images that a step was started from since then, and of those of each step's newest run."""
    with translated():
        young = conn.execute("SELECT DISTINCT image_id FROM steps WHERE started_at >= ?", (moment_text(at),)).fetchall()
        newest = conn.execute("SELECT image_id, max(run_id) FROM steps WHERE image_id <> '' GROUP BY step").fetchall()
    return {str(row[0]) for row in (*young, *newest)}
