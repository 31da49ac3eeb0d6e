"""The worker's loop: takes jobs up, each in a thread of its own, watches what is live, and ends when all is done."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from mltui.domain.job import MOVES, Job, JobKind
from mltui.domain.names import parse_id
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import MltuiError
from mltui.operations.acting.files_lock import images_used
from mltui.operations.acting.worker_need import needs_worker
from mltui.registry import events, jobs, releases
from mltui.registry.journal import FAILED
from mltui.worker.faults import full_disk_told, is_passing
from mltui.worker.journal import JobCancelled, Journal, WorkerStopping
from mltui.worker.kinds import CARRY, END
from mltui.worker.notifying import Notifying
from mltui.worker.releases.expiry import expire_releases
from mltui.worker.releases.release_work import DecisionAwaited
from mltui.worker.watch import Watch
from mltui.workspace import WORKER_LOG_FILE, Workspace

log = logging.getLogger("mltui.worker")

CANCELLED = "cancelled"
"""Code of the error of a job that somebody ended."""

RETRY_SECONDS = 3.0
WORK_PATIENCE_SECONDS = 600.0
"""How long a run or a release is carried again after a passing fault; work that lasted longer counts anew."""
ANSWER_PATIENCE_SECONDS = 30.0
"""The same for what somebody waits for: a rollback, a stop, a start."""


def carry(
    workspace: Workspace, job: Job, *, on_boundary: Callable[[str], None], is_stopping: Callable[[], bool]
) -> None:
    """One job to its end, its rest or its failure; only the end of the worker leaves it as it is."""
    journal = Journal(workspace, job, on_boundary=on_boundary, is_stopping=is_stopping)
    failure = journal.found(FAILED)
    if failure is None:
        try:
            with images_used(workspace) if job.kind in END else nullcontext():
                result = _carry_patiently(journal)
        except WorkerStopping:
            return
        except DecisionAwaited:
            _rest(workspace, job)
            return
        except JobCancelled:
            failure = {"code": CANCELLED, "message": _who_cancelled(workspace, job), "hint": ""}
        except MltuiError as error:
            failure = error.as_json() | {"class": type(error).__name__}
        except Exception as error:
            log.exception("job %s (%s %s) failed", job.id, job.kind, job.subject)
            failure = _fault(workspace, error)
        else:
            _settle(workspace, job, WorkState.SUCCEEDED, result=result)
            return
    _fail(journal, failure)


def _carry_patiently(journal: Journal) -> Mapping[str, Any]:
    """Again and again while what fails is passing; containers go on meanwhile, and are taken up."""
    kind = journal.job.kind
    patience = WORK_PATIENCE_SECONDS if kind in END else ANSWER_PATIENCE_SECONDS
    began: float | None = None
    while True:
        tried = time.monotonic()
        try:
            with full_disk_told():
                return CARRY[kind](journal)
        except MltuiError as error:
            now = time.monotonic()
            if began is None or now - tried > WORK_PATIENCE_SECONDS:
                began = now
            if not is_passing(error) or now - began > patience:
                raise
            log.warning("job %s (%s %s) is carried again: %s", journal.job.id, kind, journal.job.subject, error.message)
        _pause(journal, RETRY_SECONDS)


def _pause(journal: Journal, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if journal.is_stopping():
            raise WorkerStopping
        time.sleep(0.1)


def _fault(workspace: Workspace, error: Exception) -> Mapping[str, str]:
    reason = f"a fault of mltui: {type(error).__name__}: {error}"
    fault = MltuiError(reason, hint=f"please report it with what {workspace.folder / WORKER_LOG_FILE} says")
    return fault.as_json() | {"class": type(fault).__name__}


def _fail(journal: Journal, failure: Mapping[str, str]) -> None:
    """On record before anything is put away, so that a worker that takes the job up comes to the same end."""
    job, is_cancelled = journal.job, failure["code"] == CANCELLED
    journal.once(FAILED, lambda: failure)
    if job.kind in END:
        END[job.kind](journal, reason=failure["message"], is_cancelled=is_cancelled)
    _settle(journal.workspace, job, WorkState.CANCELLED if is_cancelled else WorkState.FAILED, error=failure)


def _who_cancelled(workspace: Workspace, job: Job) -> str:
    asked = events.list_events(
        workspace.registry.read(), kind="CancelRequested", subject=job.subject, limit=1, newest_first=True
    )
    return str(asked[0].data["reason"]) if asked else "cancelled"


def _rest(workspace: Workspace, job: Job) -> None:
    """Waits for a decision, unless it has fallen since."""
    with workspace.registry.write() as tx:
        release = releases.find(tx, parse_id("release", job.subject))
        is_waiting = release is not None and release.state is ReleaseState.WAITING_APPROVAL
        jobs.set_state(tx, job.id, state=WorkState.WAITING if is_waiting else WorkState.QUEUED, at=workspace.now())


def _settle(
    workspace: Workspace,
    job: Job,
    state: WorkState,
    *,
    result: Mapping[str, Any] | None = None,
    error: Mapping[str, str] | None = None,
) -> None:
    with workspace.registry.write() as tx:
        jobs.set_state(tx, job.id, state=state, result=result, error=error, at=workspace.now())


class Worker:
    """One a workspace."""

    def __init__(self, workspace: Workspace, *, on_boundary: Callable[[str], None] = lambda stage: None) -> None:
        self._workspace, self._on_boundary = workspace, on_boundary
        self._threads: dict[int, threading.Thread] = {}
        self._stopping = threading.Event()
        self._watch = Watch(workspace)
        self._notifying = Notifying(workspace)
        self._last_work = time.monotonic()

    def stop(self) -> None:
        self._stopping.set()

    @property
    def is_stopped(self) -> bool:
        """Whether somebody told it to end."""
        return self._stopping.is_set()

    def run(self, *, wait: Callable[[float], None], idle_seconds: float = 60.0) -> None:
        """Until `stop`, or nothing is live, nobody is waited for and nothing was to do for `idle_seconds`.

        `wait` blocks for so many seconds, or until somebody wakes the worker.
        """
        while not self.is_stopped and time.monotonic() - self._last_work <= idle_seconds:
            try:
                self._turn()
            except MltuiError as error:
                log.warning("a look at the work failed: %s", error.message)
            wait(1.0)

    def finish(self) -> None:
        """Gives the jobs time to come to a place where the next worker can take them up."""
        for thread in self._threads.values():
            thread.join(timeout=30)
        self._notifying.finish()

    def _turn(self) -> None:
        self.take_up()
        self._watch.tick(busy=frozenset(self._busy_environments()))
        self._notifying.tick()
        expire_releases(self._workspace)
        self._workspace.try_lay_reserve()
        if self._has_reason_to_stay():
            self._last_work = time.monotonic()

    def take_up(self) -> None:
        """A thread for each job that nobody carries yet."""
        self._threads = {job: thread for job, thread in self._threads.items() if thread.is_alive()}
        for job in jobs.unfinished(self._workspace.registry.read()):
            if job.id not in self._threads:
                self._start(job)

    def _start(self, job: Job) -> None:
        if job.state is WorkState.QUEUED:
            with self._workspace.registry.write() as tx:
                jobs.set_state(tx, job.id, state=WorkState.RUNNING, at=self._workspace.now())
        thread = threading.Thread(target=self._carry, args=(job,), name=f"{job.kind} {job.subject}", daemon=True)
        self._threads[job.id] = thread
        thread.start()

    def _carry(self, job: Job) -> None:
        try:
            carry(self._workspace, job, on_boundary=self._on_boundary, is_stopping=self._stopping.is_set)
        except Exception:
            log.exception("job %s (%s %s) could not be brought to its end", job.id, job.kind, job.subject)
        finally:
            self._workspace.registry.release()

    def _busy_environments(self) -> set[str]:
        """Environments whose traffic a job moves right now."""
        found = jobs.unfinished(self._workspace.registry.read())
        return {job.subject for job in found if job.kind in MOVES or job.kind is JobKind.SHARE}

    def _has_reason_to_stay(self) -> bool:
        return bool(self._threads) or needs_worker(self._workspace)
