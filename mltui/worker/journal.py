"""The journal of one job: each stage is done once, and what it found is kept with its events in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mltui.domain.job import Job
from mltui.registry import Connection, events, jobs, journal
from mltui.workspace import Workspace

WORKER = "worker"
"""Actor of what happens by itself."""

Commit = Callable[[Connection, Mapping[str, Any]], None]


class JobCancelled(Exception):
    """Somebody asked for the job to end; raised at the next place where it can."""


class WorkerStopping(Exception):
    """The worker was told to end: the job is left as it is, for the next worker to take up."""


@dataclass(frozen=True)
class Journal:
    """Stages of one job. A stage's act may be repeated once after a crash, its record never."""

    workspace: Workspace
    job: Job
    on_boundary: Callable[[str], None] = lambda stage: None
    """Called after each record, and between a deed outside and the record of it; tests end the process here."""
    is_stopping: Callable[[], bool] = lambda: False

    def found(self, stage: str) -> Mapping[str, Any] | None:
        return journal.entries(self.workspace.registry.read(), job_id=self.job.id).get(stage)

    def once(
        self, stage: str, act: Callable[[], Mapping[str, Any]], *, commit: Commit | None = None
    ) -> Mapping[str, Any]:
        """What the stage found: from the journal, else by acting and then committing record and events together."""
        found = self.found(stage)
        if found is not None:
            return found
        data = act()
        with self.workspace.registry.write() as tx:
            journal.record(tx, job_id=self.job.id, stage=stage, data=data, at=self.workspace.now())
            if commit is not None:
                commit(tx, data)
        self.on_boundary(stage)
        return data

    def note(self, stage: str, commit: Commit) -> None:
        """A stage that is nothing but its record and its events."""
        self.once(stage, dict, commit=commit)

    def event(self, tx: Connection, kind: str, subject: str, /, *, actor: str = WORKER, **data: Any) -> None:
        events.append(tx, kind, subject, data, actor=actor, at=self.workspace.now())

    def check_cancelled(self) -> None:
        """Raises when the job should not go on here."""
        if self.is_stopping():
            raise WorkerStopping
        job = jobs.find(self.workspace.registry.read(), self.job.id)
        if job is not None and job.is_cancel_requested:
            raise JobCancelled
