"""How far a rollback, stop or start is that somebody waits for. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.domain.event import Event
from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.operations.standing.durations import LAST, medians
from mltui.registry import events, jobs
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class TrafficWork:
    state: WorkState | None
    """None before it is on record, and where it was never asked for."""
    last: Event | None
    """The newest about the environment since it was asked for."""
    usual_seconds: float | None
    """Median of the last 20 of its kind there, from the request to the end; None where none succeeded."""


def traffic_work(workspace: Workspace, environment: str, kind: JobKind) -> TrafficWork:
    conn = workspace.registry.read()
    past = jobs.succeeded(conn, kind=kind, subject=environment, limit=LAST)
    spans = (((job.ended_at or job.requested_at) - job.requested_at).total_seconds() for job in past)
    usual = medians((kind.value, seconds if seconds >= 0 else None) for seconds in spans).get(kind.value)
    job = next((each for each in jobs.unfinished(conn) if each.kind == kind and each.subject == environment), None)
    if job is None:
        return TrafficWork(None, None, usual)
    newest = events.list_events(conn, subject=environment, limit=1, newest_first=True)
    return TrafficWork(job.state, next((each for each in newest if each.at >= job.requested_at), None), usual)
