"""What went wrong once, or could, and how the worker comes through it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from stories.loans import answering, bring_to_gate, bring_to_production, carry_job, inconclusive, live, roll_back

from mltui.cli.main import run as mltui
from mltui.domain.job import JobKind
from mltui.domain.release import Release, ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.errors import Conflict, Damaged, MltuiError, Refused, Unreachable
from mltui.operations.acting.finish import raise_fault
from mltui.operations.environments.roll_back import request_start, request_stop
from mltui.operations.releases.decide import approve
from mltui.operations.runs.resume import after_cancelling, resume_run
from mltui.operations.runs.train import request_run
from mltui.operations.standing.state import require_release, require_version, run_state
from mltui.operations.standing.which import which
from mltui.registry import events, jobs, releases, stages
from mltui.worker import loop
from mltui.worker.journal import WorkerStopping
from mltui.worker.loop import carry
from mltui.workspace import Workspace


def test_a_training_that_could_not_be_registered_becomes_a_version_when_it_is_resumed(
    workspace: Workspace, place: Path
) -> None:
    run = request_run(workspace, place / "project", overrides=["train.model=gradient_boosting"]).run
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


def test_a_fault_of_ours_is_told_as_one_and_not_as_a_failure_of_the_work(
    workspace: Workspace, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = request_run(workspace, place / "project", overrides=["train.seed=8"]).run
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RUN, subject=str(run.id))
    assert job is not None

    def fail(stage: str) -> None:
        if stage in ("started", "package started"):
            raise KeyError("no such thing")

    carry(workspace, job, on_boundary=fail, is_stopping=lambda: False)
    assert run_state(workspace, str(run.id)).run.state is WorkState.FAILED
    with pytest.raises(MltuiError) as raised:
        raise_fault(workspace, JobKind.RUN, str(run.id))
    assert (raised.value.exit_code, raised.value.code) == (1, "internal")

    carry_with(workspace, require_release(workspace, "r1"), fail)
    assert mltui(["--workspace", str(workspace.folder), "--batch", "release", "wait", "r1"]) == 1
    error = json.loads(capsys.readouterr().out.splitlines()[-1])["error"]
    assert error["code"] == "internal"
    assert str(workspace.folder / "worker.log") in error["hint"]


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


def test_a_gateway_that_runs_keeps_its_endpoint_when_the_policy_names_another(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    before = which(workspace, "production").environment.endpoint
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace('after = "staging"', 'after = "staging"\nlisten = "127.0.0.1:1"'))
    bring_to_production(workspace, 2)
    assert which(workspace, "production").environment.endpoint == before
    assert answering(workspace) == "v2"


def carry_with(workspace: Workspace, release: Release, on_boundary: Callable[[str], None]) -> None:
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject=f"r{release.id}")
    assert job is not None
    carry(workspace, job, on_boundary=on_boundary, is_stopping=lambda: False)


def test_a_release_that_is_cancelled_during_its_bake_is_taken_back(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    bring_to_production(workspace, 1)
    release = bring_to_gate(workspace, 2)
    approve(workspace, 2, acknowledged=inconclusive(workspace, release))

    def cancel(stage: str) -> None:
        if stage == "production smoke passed":
            mltui(["--workspace", str(workspace.folder), "release", "cancel", f"r{release.id}"])

    carry_with(workspace, release, cancel)
    assert "v2 is live in production: production goes back to v1" in capsys.readouterr().out
    found = require_release(workspace, f"r{release.id}")
    assert found.state is ReleaseState.CANCELLED
    assert "v1 answers again" in (found.failure or "")
    assert (live(workspace), answering(workspace)) == (1, "v1")


def test_a_first_release_that_is_cancelled_during_its_bake_says_that_production_stops_and_can_be_started_again(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    release = bring_to_gate(workspace, 1)
    assert after_cancelling(workspace, release) == "production stays as it is"
    approve(workspace, 1, acknowledged=inconclusive(workspace, release))

    def cancel(stage: str) -> None:
        if stage == "production smoke passed":
            mltui(["--workspace", str(workspace.folder), "release", "cancel", f"r{release.id}"])

    carry_with(workspace, release, cancel)
    assert "production will be stopped and answer 503" in capsys.readouterr().out
    assert answering(workspace) == "status 503"
    request_start(workspace, "production")
    job = carry_job(workspace, JobKind.START, "production")
    assert (job.result["version"], job.result["withdrawn"][:12]) == ("v1", "cancelled by")
    assert answering(workspace) == "v1"
    (event,) = events.list_events(workspace.registry.read(), kind="WithdrawalEnded")
    assert str(event).startswith("v1 started again in production although it was withdrawn: cancelled by")
    assert mltui(["--workspace", str(workspace.folder), "env", "show", "production"]) == 0
    assert "withdrawn" not in capsys.readouterr().out


def test_a_first_release_that_fails_its_smoke_leaves_production_stopped(workspace: Workspace) -> None:
    release = bring_to_gate(workspace, 1)
    approve(workspace, 1, acknowledged=inconclusive(workspace, release))

    def stop(stage: str) -> None:
        if stage == "production passed":
            raise WorkerStopping

    carry_with(workspace, release, stop)
    assert answering(workspace) == "v1"
    policy = workspace.folder / "policy.toml"
    policy.write_text(
        policy.read_text().replace("[environments.production]", "[environments.production]\nlatency_limit_ms = 0.001")
    )
    carry_with(workspace, release, lambda stage: None)
    assert require_release(workspace, f"r{release.id}").state is ReleaseState.FAILED
    assert (live(workspace), answering(workspace)) == (None, "status 503")
    assert events.list_events(workspace.registry.read(), kind="EnvironmentStopped", subject="production")


def test_a_release_that_a_rollback_ends_says_so(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    release = bring_to_gate(workspace, 2)
    approve(workspace, 2, acknowledged=inconclusive(workspace, release))

    def go_back(stage: str) -> None:
        if stage == "production smoke passed":
            assert roll_back(workspace).state is WorkState.SUCCEEDED

    carry_with(workspace, release, go_back)
    found = require_release(workspace, f"r{release.id}")
    assert (found.state, found.failure) == (ReleaseState.ROLLED_BACK, "production was rolled back: it is wrong")
    assert (live(workspace), answering(workspace)) == (1, "v1")


def test_only_what_is_stopped_can_be_started_and_only_what_is_not_can_be_stopped(workspace: Workspace) -> None:
    bring_to_gate(workspace, 1)
    before = events.head(workspace.registry.read())
    with pytest.raises(Refused, match="not stopped"):
        request_start(workspace, "staging")
    assert events.head(workspace.registry.read()) == before
    request_stop(workspace, "staging", reason="a drill")
    assert carry_job(workspace, JobKind.STOP, "staging").state is WorkState.SUCCEEDED
    with pytest.raises(Refused, match="stopped already"):
        request_stop(workspace, "staging", reason="again")


def test_an_approval_is_refused_when_package_or_model_are_not_what_was_sealed(workspace: Workspace) -> None:
    release = bring_to_gate(workspace, 1)
    with workspace.registry.write() as tx:
        releases.update(tx, release.id, package="0" * 64)
    with pytest.raises(Refused, match="package"):
        approve(workspace, 1)
    model = require_version(workspace, "v1").model
    blob = workspace.store.path(workspace.store.tree(model).entries[0].sha256)
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes() + b" ")
    with pytest.raises(Damaged):
        approve(workspace, 1)


def test_a_release_that_somebody_approved_already_is_not_superseded(workspace: Workspace) -> None:
    policy = workspace.folder / "policy.toml"
    two = 'other = { login = "other" }\n\n[environments.staging]'
    text = policy.read_text().replace("[environments.staging]", two)
    policy.write_text(text.replace('approvers = ["operator"]', 'approvers = ["operator", "other"], required = 2'))
    first = bring_to_gate(workspace, 1)
    assert approve(workspace, 1, acknowledged=inconclusive(workspace, first)).missing == 1
    second = releases.list_releases(workspace.registry.read(), version_id=2, limit=1)[0]
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject=f"r{second.id}")
    assert job is not None
    looks: list[Stage] = []

    def is_stopping() -> bool:
        known = stages.of_release(workspace.registry.read(), second.id)
        looks.extend(stage for stage in known if stage.name == "staging")
        return len(looks) > 3

    carry(workspace, job, on_boundary=lambda stage: None, is_stopping=is_stopping)
    assert require_release(workspace, f"r{first.id}").state is ReleaseState.WAITING_APPROVAL


def test_a_superseded_release_leaves_no_stage_open(workspace: Workspace) -> None:
    first = bring_to_gate(workspace, 1)
    bring_to_gate(workspace, 2)
    assert require_release(workspace, f"r{first.id}").state is ReleaseState.SUPERSEDED
    assert all(stage.state.is_over for stage in stages.of_release(workspace.registry.read(), first.id))
