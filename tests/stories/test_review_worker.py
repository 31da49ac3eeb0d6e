"""What went wrong once, or could, and how the worker comes through it."""

from __future__ import annotations

from pathlib import Path

import pytest
from stories.loans import carry_job

from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.errors import Conflict, Unreachable
from mltui.operations.resume import resume_run
from mltui.operations.state import run_state
from mltui.operations.train import request_run
from mltui.registry import jobs, releases
from mltui.worker import loop
from mltui.worker.loop import carry
from mltui.workspace import Workspace


def test_a_training_that_could_not_be_registered_becomes_a_version_when_it_is_resumed(
    workspace: Workspace, place: Path
) -> None:
    run = request_run(workspace, place / "project", overrides=["train.seed=5"]).run
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RUN, subject=str(run.id))
    assert job is not None

    def fail(stage: str) -> None:
        if stage == "described":
            raise RuntimeError("nothing more is written")

    carry(workspace, job, on_boundary=fail, is_stopping=lambda: False)
    assert run_state(workspace, str(run.id)).run.state is WorkState.FAILED
    resumed = resume_run(workspace, str(run.id))
    assert carry_job(workspace, JobKind.RUN, str(resumed.id)).state is WorkState.SUCCEEDED
    found = run_state(workspace, str(resumed.id))
    assert {step.cached_from for step in found.steps} >= {run.id}
    assert found.run.version_id == 3


def test_a_policy_that_cannot_be_read_costs_no_training(workspace: Workspace, place: Path) -> None:
    run = request_run(workspace, place / "project", overrides=["train.seed=6"]).run
    policy = workspace.folder / "policy.toml"
    written = policy.read_text()
    policy.write_text("engine =")
    assert carry_job(workspace, JobKind.RUN, str(run.id)).state is WorkState.SUCCEEDED
    policy.write_text(written)
    version = run_state(workspace, str(run.id)).run.version_id
    assert version == 3
    assert releases.list_releases(workspace.registry.read(), version_id=version) == []


def test_a_passing_fault_costs_no_training(workspace: Workspace, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "RETRY_SECONDS", 0.0)
    run = request_run(workspace, place / "project", overrides=["train.seed=7"]).run
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RUN, subject=str(run.id))
    assert job is not None
    faults = [Conflict("locked", code="registry_busy"), Unreachable("Docker does not answer")]

    def fail(stage: str) -> None:
        if stage in ("train.1 begun", "described") and faults:
            raise faults.pop()

    carry(workspace, job, on_boundary=fail, is_stopping=lambda: False)
    assert faults == []
    found = run_state(workspace, str(run.id))
    assert (found.run.state, found.run.version_id) == (WorkState.SUCCEEDED, 3)
    assert [step.attempt for step in found.steps if step.step == "train"] == [1]
