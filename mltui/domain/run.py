"""Runs, steps and attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class WorkState(StrEnum):
    """How a run, a step, a stage or a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def is_over(self) -> bool:
        return self not in (WorkState.QUEUED, WorkState.RUNNING, WorkState.WAITING)


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of the pipeline."""

    id: int
    state: WorkState
    commit: str
    """Full SHA of the commit whose tree was built."""
    is_dirty: bool
    """Whether the work tree had changes that this commit does not hold; they are not in the run."""
    branch: str
    message: str
    author_name: str
    author_email: str
    requested_by: str
    """Login."""
    requested_at: datetime
    source: str
    """Tree digest of the commit's files."""
    data: str
    """Tree digest of the data version."""
    plan: str
    """Digest of the project's configuration with the overrides of `--set`."""
    engine: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failure: str | None = None
    version_id: int | None = None
    """The version it registered; None while it runs, and when everything came from the cache."""


@dataclass(frozen=True, slots=True)
class StepAttempt:
    """One try of one container of a run."""

    run_id: int
    step: str
    attempt: int
    state: WorkState
    container_name: str = ""
    container_id: str = ""
    image_id: str = ""
    cache_key: str = ""
    cached_from: int | None = None
    """Run whose outputs were taken."""
    exit_code: int | None = None
    is_oom_killed: bool = False
    peak_memory_bytes: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failure: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Output name → tree digest."""
