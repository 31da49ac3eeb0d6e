"""What came of a round, and what of it should not have come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chaos.faults import Fault
from chaos.lasting import NOTHING, Struck
from chaos.targets import live_servers
from chaos.world import World

from mltui.domain.job import Job
from mltui.domain.run import WorkState
from mltui.registry.jobs import JOBS

_PASSING = ("registry_busy", "registry_disk")
"""What a client may be told while a fault lasts."""


@dataclass(frozen=True, slots=True)
class Row:
    fault: str
    act: str
    where: str
    again_seconds: float
    """From the fault to the first answer after the last request that was lost; 0 where none was."""
    sound_seconds: float
    """From the end of the fault until production stood as it is on record."""
    lost: int
    ending: str
    """Of the client, and of the jobs that were at it."""
    problems: tuple[str, ...]


def jobs_since(world: World, asked_at: datetime) -> list[Job]:
    """Those that ended since."""
    return JOBS.all(world.workspace.registry.read(), "WHERE ended_at >= ? ORDER BY id", [asked_at])


def of_jobs(ended: Sequence[Job]) -> Iterator[str]:
    for job in ended:
        if job.state is WorkState.FAILED:
            yield f"{job.kind} {job.subject} failed: {(job.error or {}).get('message')}"


def of_client(fault: Fault, told: str) -> Iterator[str]:
    is_passing = fault.lasts and any(code in told for code in _PASSING)
    if told not in ("done", "killed") and not is_passing:
        yield f"the client ended with {told}"


def of_load(world: World, began: float, *, killed: Struck = NOTHING) -> Iterator[str]:
    """Servers that were beside the traffic when they were killed, and have it by now, were the only ones, too."""
    lost = world.load.lost_since(began)
    if lost and not killed.issuperset(live_servers(world)):
        yield f"{lost} requests were lost: {', '.join(sorted(world.load.reasons_since(began)))}"
