"""Carries a run out: each step in turn, then the version and its release in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mltui.config.project import project_from_json
from mltui.domain.pipeline import StepPlan, pipeline
from mltui.domain.project import Project
from mltui.domain.run import Run, StepAttempt, WorkState
from mltui.engines.base import LABEL_WORKSPACE
from mltui.errors import WorkFailed
from mltui.registry import Connection, runs, steps
from mltui.worker.journal import Journal
from mltui.worker.runs.registering import register_version, registered
from mltui.worker.runs.step import carry_step
from mltui.worker.runs.step_work import LABEL_RUN, StepWork
from mltui.workspace import Workspace


@dataclass(frozen=True)
class RunWork:
    """A run with what all its steps need."""

    journal: Journal
    run: Run
    project: Project
    source: Path
    """The commit's files."""

    @property
    def workspace(self) -> Workspace:
        return self.journal.workspace


def carry_run(journal: Journal) -> Mapping[str, str]:
    """The job's result: the version and its release."""
    work = _begin(journal)
    if work.run.state is WorkState.SUCCEEDED:
        return registered(journal, work.run)
    attempts = {plan.name: _carry(work, plan) for plan in pipeline(work.project)}
    return register_version(journal, run=work.run, project=work.project, attempts=attempts)


def end_run(journal: Journal, *, reason: str, is_cancelled: bool) -> None:
    """Writes down that the run came to no good end, and ends what of it still runs."""
    workspace, run_id = journal.workspace, int(journal.job.subject)
    state = WorkState.CANCELLED if is_cancelled else WorkState.FAILED

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        now = workspace.now()
        for attempt in steps.of_run(tx, run_id):
            if not attempt.state.is_over:
                steps.save(tx, replace(attempt, state=state, ended_at=now, failure=reason))
        runs.update(tx, run_id, state=state, ended_at=now, failure=reason)
        kind = "RunCancelled" if is_cancelled else "RunFailed"
        journal.event(tx, kind, str(run_id), run=str(run_id), reason=reason)

    journal.note("ended", commit)
    _remove_containers(workspace, run_id)


def _remove_containers(workspace: Workspace, run_id: int) -> None:
    run = runs.find(workspace.registry.read(), run_id)
    if run is not None:
        engine = workspace.engine(run.engine)
        for status in engine.list({LABEL_WORKSPACE: workspace.uuid, LABEL_RUN: str(run_id)}):
            engine.remove(status.name)


def _begin(journal: Journal) -> RunWork:
    workspace = journal.workspace
    run = runs.find(workspace.registry.read(), int(journal.job.subject))
    if run is None:
        raise WorkFailed(
            f"run {journal.job.subject} is not in the registry", hint="mltui audit verify looks for damage"
        )

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        runs.update(tx, run.id, state=WorkState.RUNNING, started_at=workspace.now())
        journal.event(tx, "RunStarted", str(run.id), run=str(run.id), engine=run.engine)

    journal.note("started", commit)
    source = workspace.run_folder(run.id) / "source"
    workspace.store.materialize(run.source, source)
    project = project_from_json(workspace.store.read_bytes(run.plan))
    return RunWork(journal, run, project, source)


def _carry(work: RunWork, plan: StepPlan) -> StepAttempt:
    done = {attempt.step: attempt for attempt in steps.of_run(work.workspace.registry.read(), work.run.id)}
    inputs: dict[str, str] = {}
    for need in plan.needs:
        tree = work.run.data if need.step is None else done[need.step].outputs.get(need.output)
        if tree is None and not need.is_optional:
            raise WorkFailed(
                f"step {need.step} left no {need.output} for {plan.name}", hint=f"mltui run logs {work.run.id}"
            )
        if tree is not None:
            inputs[need.name] = tree
    step = StepWork(work.journal, work.run, work.project, work.source, plan, inputs)
    return carry_step(step)
