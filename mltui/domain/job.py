"""Jobs: what the worker has been asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mltui.domain.run import WorkState


class JobKind(StrEnum):
    RUN = "run"
    RELEASE = "release"
    ROLLBACK = "rollback"
    STOP = "stop"
    START = "start"
    SHARE = "share"


MOVES = frozenset({JobKind.ROLLBACK, JobKind.STOP, JobKind.START})
"""Jobs that give all of an environment's traffic to one server, or to none; only one of them is under way there."""


@dataclass(frozen=True, slots=True)
class Job:
    """One request to the worker; its stages are journaled under its id."""

    id: int
    kind: JobKind
    subject: str
    """Name of what it works on: `41`, `r12`, or an environment."""
    state: WorkState
    requested_by: str
    requested_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    """`code`, `message`, `hint` of the failure."""
    is_cancel_requested: bool = False
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The worker's last sign of life."""

    pid: int
    start_ticks: int
    """Start time of that process in clock ticks since boot: with the pid it names one process for good."""
    build: str
    """Version of the program that the worker runs."""
    host: str
    at: datetime
