"""Which stages of a job are done, and what they found: what a new worker need not do again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mltui.errors import Conflict
from mltui.registry.columns import json_text
from mltui.registry.table import Table


@dataclass(frozen=True, slots=True)
class Entry:
    job_id: int
    stage: str
    data: Mapping[str, Any]
    at: datetime


FAILED = "failed"
"""Stage that holds the error of a job that failed."""

JOURNAL = Table("journal", Entry, key=("job_id", "stage"))


def entries(conn: sqlite3.Connection, *, job_id: int) -> dict[str, dict[str, Any]]:
    """Stage → what it found."""
    return {entry.stage: dict(entry.data) for entry in JOURNAL.all(conn, "WHERE job_id = ?", [job_id])}


def failure(conn: sqlite3.Connection, *, job_id: int) -> dict[str, Any] | None:
    """`code`, `message`, `hint` and `class` of the error; there before whatever else tells that the job failed."""
    return entries(conn, job_id=job_id).get(FAILED)


def record(tx: sqlite3.Connection, *, job_id: int, stage: str, data: Mapping[str, Any], at: datetime) -> None:
    """Keeps the first record of a stage; raises `Conflict` when a second one says something else."""
    known = JOURNAL.one(tx, "WHERE job_id = ? AND stage = ?", [job_id, stage])
    if known is None:
        JOURNAL.insert(tx, Entry(job_id, stage, data, at))
    elif known.data != json.loads(json_text(data)):
        raise Conflict(
            f"stage {stage} of job {job_id} is on record with another outcome",
            hint="two workers seem to be at the same job: look at `mltui worker status`",
            code="stage_recorded",
        )
