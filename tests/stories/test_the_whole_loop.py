"""The story on the process engine: releases, a decision, rollbacks; by the same operations that everybody calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from stories.loans import (
    answering,
    bring_to_gate,
    bring_to_production,
    carry_job,
    live,
    roll_back,
    train,
)

from mltui.domain.job import JobKind
from mltui.domain.release import STAGES, ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import Refused
from mltui.operations.environments.roll_back import request_start, request_stop
from mltui.operations.releases.decide import approve, reject
from mltui.operations.standing.state import release_state, run_state, version_state
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import events
from mltui.workspace import Workspace


def test_a_version_reaches_production_and_a_rollback_brings_the_old_one_back(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    assert (live(workspace), answering(workspace)) == (1, "v1")
    bring_to_production(workspace, 2)
    assert (live(workspace), answering(workspace)) == (2, "v2")

    assert roll_back(workspace).state is WorkState.SUCCEEDED
    assert (live(workspace), answering(workspace)) == (1, "v1")
    assert roll_back(workspace, undo=True).state is WorkState.SUCCEEDED
    assert (live(workspace), answering(workspace)) == (2, "v2")
    assert roll_back(workspace, to_version=1).state is WorkState.SUCCEEDED
    assert (live(workspace), answering(workspace)) == (1, "v1")

    verify_history(workspace)
    shifts = events.list_events(workspace.registry.read(), kind="TrafficShifted", subject="production", limit=100)
    assert [event.data["version"] for event in shifts] == ["v1", "v2", "v1", "v2", "v1"]


def test_a_release_passes_every_stage_in_order(workspace: Workspace) -> None:
    release = bring_to_production(workspace, 1)
    found = release_state(workspace, f"r{release.id}").stages
    assert tuple(stage.name for stage in found) == STAGES
    assert {stage.state for stage in found} == {WorkState.SUCCEEDED}


def test_a_stop_answers_503_and_a_start_ends_it(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    request_stop(workspace, "production", reason="nothing is fit to serve")
    carry_job(workspace, JobKind.STOP, "production")
    assert (live(workspace), answering(workspace)) == (None, "status 503")
    request_start(workspace, "production")
    carry_job(workspace, JobKind.START, "production")
    assert (live(workspace), answering(workspace)) == (1, "v1")


def test_a_rejected_release_never_touches_production(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    bring_to_gate(workspace, 2)
    before = events.head(workspace.registry.read())[0]
    decision = reject(workspace, 2, comment="too many wrong refusals")
    assert decision.release.state is ReleaseState.REJECTED
    assert (live(workspace), answering(workspace)) == (1, "v1")
    after = events.list_events(workspace.registry.read(), after=before)
    assert [event.kind for event in after] == ["VersionRejected"]
    with pytest.raises(Refused, match="rejected"):
        approve(workspace, 2)


def test_a_newer_candidate_supersedes_one_that_waits(workspace: Workspace) -> None:
    first = bring_to_gate(workspace, 1)
    second = bring_to_gate(workspace, 2)
    assert release_state(workspace, f"r{first.id}").release.state is ReleaseState.SUPERSEDED
    assert second.state is ReleaseState.WAITING_APPROVAL


def test_an_approval_for_other_evidence_is_refused(workspace: Workspace) -> None:
    bring_to_gate(workspace, 1)
    with pytest.raises(Refused, match="evidence"):
        approve(workspace, 1, evidence="0" * 64)


def test_without_a_target_a_rollback_is_refused(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    with pytest.raises(Refused) as raised:
        roll_back(workspace)
    assert raised.value.code == "no_target"


def test_a_gate_that_changed_after_the_approval_is_named(workspace: Workspace) -> None:
    release = bring_to_gate(workspace, 1)
    approve(workspace, 1, evidence=release.evidence)
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("floor = 0.6", "floor = 0.61"))
    job = carry_job(workspace, JobKind.RELEASE, f"r{release.id}")
    assert job.state is WorkState.FAILED
    assert job.error is not None
    assert "gate" in job.error["message"]
    assert live(workspace) is None


def test_a_damaged_model_is_neither_deployed_nor_restored(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    bring_to_production(workspace, 2)
    model = version_state(workspace, "v1").version.model
    blob = workspace.store.path(workspace.store.tree(model).entries[0].sha256)
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes() + b" ")
    job = roll_back(workspace)
    assert job.state is WorkState.FAILED
    assert (live(workspace), answering(workspace)) == (2, "v2")


def test_the_same_commit_answers_with_the_run_that_is_there(workspace: Workspace, place: Path) -> None:
    from mltui.operations.runs.train import request_run

    again = request_run(workspace, place / "project")
    assert not again.is_new
    assert again.run.id == 1


def test_a_run_from_the_cache_registers_no_second_version(workspace: Workspace, place: Path) -> None:
    from mltui.operations.runs.train import request_run

    run = request_run(workspace, place / "project", again=True).run
    carry_job(workspace, JobKind.RUN, str(run.id))
    found = run_state(workspace, str(run.id))
    assert found.run.version_id is None
    assert {step.cached_from for step in found.steps} == {1}


def test_another_seed_takes_only_prepare_from_the_cache(workspace: Workspace, place: Path) -> None:
    run_id = train(workspace, place / "project", "train.seed=3")
    found = {step.step: step.cached_from for step in run_state(workspace, str(run_id)).steps}
    assert found["prepare"] == 1
    assert found["train"] is None
