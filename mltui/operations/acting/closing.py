"""Ends a release before it is through, with all that hangs on it; always in the caller's transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mltui.domain.job import Job, JobKind
from mltui.domain.names import release_name
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import WorkState
from mltui.registry import Connection, events, jobs, releases, stages


def close_release(tx: Connection, release_id: int, *, state: ReleaseState, reason: str, at: datetime) -> Release:
    """The release, and whatever of its stages is not over; its event is the caller's."""
    left = WorkState.FAILED if state is ReleaseState.FAILED else WorkState.CANCELLED
    for stage in stages.of_release(tx, release_id):
        if not stage.state.is_over:
            stages.save(tx, replace(stage, state=left, ended_at=at, failure=reason or None))
    return releases.update(tx, release_id, state=state, ended_at=at, failure=reason or None)


def close_waiting_release(
    tx: Connection, release_id: int, *, state: ReleaseState, reason: str, at: datetime
) -> Release:
    """As `close_release`; its job, which nobody carries while a decision is awaited, ends with it."""
    job = jobs.of_subject(tx, kind=JobKind.RELEASE, subject=release_name(release_id))
    if job is not None:
        jobs.set_state(tx, job.id, state=WorkState.CANCELLED, at=at)
    return close_release(tx, release_id, state=state, reason=reason, at=at)


def ask_to_end(
    tx: Connection, job: Job, *, actor: str, reason: str, at: datetime, cause: JobKind | None = None
) -> None:
    """The job ends at the next place where it can; who asked for it is on the record.

    `cause` is the kind of the job that takes the traffic itself: the ended one then leaves that as it is.
    """
    if not job.is_cancel_requested and not job.state.is_over:
        jobs.request_cancel(tx, job.id)
        what = f"run {job.subject}" if job.kind is JobKind.RUN else job.subject
        data = {"what": what, "reason": reason, "cause": None if cause is None else cause.value}
        events.append(tx, "CancelRequested", job.subject, data, actor=actor, at=at)
