"""Waits for the end of a short job, such as a rollback, and tells why one failed; imports no more than that needs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from mltui.domain.job import Job, JobKind
from mltui.errors import MltuiError, Unreachable, WorkFailed
from mltui.operations.acting.patience import WorkerPatience
from mltui.operations.acting.wake import HANGS_SOON_AFTER
from mltui.registry import jobs, journal
from mltui.workspace import Workspace


def wait_for_job(workspace: Workspace, job: Job, *, timeout_seconds: float) -> Job:
    """The job when it is over; raises what made it fail."""
    deadline, patience = time.monotonic() + timeout_seconds, WorkerPatience(workspace, hangs_after=HANGS_SOON_AFTER)
    while True:
        found = jobs.find(workspace.registry.read(), job.id)
        if found is not None and found.state.is_over:
            raise_failure(found)
            return found
        if time.monotonic() > deadline:
            raise Unreachable(
                f"the {job.kind.value} of {job.subject} is not done after {timeout_seconds:.0f} s; it goes on",
                hint="mltui audit list shows how far it is, mltui worker status whether the worker lives",
            )
        patience.look()
        time.sleep(0.01)


def raise_failure(job: Job) -> None:
    """The error of a job that failed, as the same class of error that it failed with."""
    if job.error is not None:
        raise _as_error(job.error)


def raise_fault(workspace: Workspace, kind: JobKind, subject: str) -> None:
    """Why that run or release failed, where it is a fault of ours and not of the work."""
    conn = workspace.registry.read()
    job = jobs.of_subject(conn, kind=kind, subject=subject)
    failure = None if job is None else journal.failure(conn, job_id=job.id)
    if failure is not None and (error := _as_error(failure)).exit_code == MltuiError.exit_code:
        raise error


def _as_error(failure: Mapping[str, str]) -> MltuiError:
    named = (kind for kind in _all_errors(MltuiError) if kind.__name__ == failure.get("class"))
    return next(named, WorkFailed)(failure["message"], hint=failure["hint"], code=failure["code"])


def _all_errors(root: type[MltuiError]) -> Iterator[type[MltuiError]]:
    yield root
    for child in root.__subclasses__():
        yield from _all_errors(child)
