"""A worker that is killed at any boundary of a job leaves nothing that the next one cannot bring to the same end.

Each boundary dies once in one long story; with MLTUI_CRASHES=all each also dies alone.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stories.conftest import end
from stories.dying import die_at, die_everywhere, go_on, newest_job, some
from stories.impostor import impostor_of
from stories.loans import (
    answering,
    bring_to_gate,
    bring_to_production,
    hold_worker_lock,
    inconclusive,
    live,
)
from stories.soundness import answer, assert_history, assert_sound, history, pids_of, strays
from stories.waiting import leave_and_linger, let_go, make_waiting_project, make_waiting_workspace, times_begun

from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.engines.base import LABEL_WORKSPACE
from mltui.operations.environments.roll_back import request_rollback
from mltui.operations.releases.decide import approve
from mltui.operations.runs.train import request_run
from mltui.operations.standing.state import release_state, require_release, require_version, run_state
from mltui.worker.environments import traffic
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.loop import carry
from mltui.workspace import Workspace

OF_RUN = (
    "started",
    *(
        f"{step}{boundary}"
        for step in ("prepare", "train", "evaluate", "register")
        for boundary in (" image", ".1 begun", ".1 started", ".1 stored", ".1 ended")
    ),
    "described",
    "ended",
)
TO_GATE = (
    "package started", "package passed",
    "profile started", "profile begun", "profile passed",
    "staging started", "staging deployment", "staging begun", "staging proven", "staging left", "staging pointed",
    "staging switched", "staging passed",
    "smoke started", "smoke passed",
    "checks started", "checks passed",
    "approval started", "evidence sealed",
)  # fmt: skip
FROM_GATE = (
    "approval passed",
    "production started", "production deployment", "production begun", "production proven", "production left",
    "production pointed", "production switched", "production passed",
    "production smoke started", "production smoke passed",
    "bake started", "bake passed",
    "ended",
)  # fmt: skip
OF_ROLLBACK = ("sharing", "left", "target", "pointed", "switched")


@pytest.fixture
def waiting(trained: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A run is asked for whose train step waits to be let go; no worker carries it."""
    project = make_waiting_project(trained, tmp_path / "project")
    workspace = make_waiting_workspace(project, tmp_path / "workspace")
    hold_worker_lock(workspace)
    request_run(workspace, project)
    yield workspace
    end(workspace)
    workspace.close()


def test_every_boundary_of_a_release_and_a_rollback_is_safe_to_die_at(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    undisturbed = _story_of(workspace, "r1")

    def the_live_one_answers(boundary: str) -> None:
        between = ("v1", "v2") if boundary.endswith("pointed") else (f"v{live(workspace)}",)
        assert answer(workspace) in between

    deaths = die_everywhere(workspace, JobKind.RELEASE, "r2", after_death=the_live_one_answers)
    assert [each for each in deaths if each != "comparison begun"] == list(TO_GATE)
    _approve(workspace, 2)
    assert tuple(die_everywhere(workspace, JobKind.RELEASE, "r2", after_death=the_live_one_answers)) == FROM_GATE
    assert (live(workspace), answering(workspace)) == (2, "v2")
    assert _story_of(workspace, "r2") == undisturbed
    assert_sound(workspace)

    request_rollback(workspace, "production", reason="it is wrong")
    assert (
        tuple(die_everywhere(workspace, JobKind.ROLLBACK, "production", after_death=the_live_one_answers))
        == OF_ROLLBACK
    )
    assert newest_job(workspace, JobKind.ROLLBACK, "production").state is WorkState.SUCCEEDED
    assert (live(workspace), answering(workspace)) == (1, "v1")
    assert [event.kind for event in history(workspace)][-3:] == ["TrafficShifted", "VersionWithdrawn", "RolledBack"]
    assert_sound(workspace)

    request_rollback(workspace, "production", reason="it was right", undo=True)
    die_at(workspace, JobKind.ROLLBACK, "production", "target")
    _kill(workspace, "d2.1", "d4.1", "gateway-production")
    assert go_on(workspace, JobKind.ROLLBACK, "production").state is WorkState.SUCCEEDED
    assert (live(workspace), answering(workspace)) == (2, "v2")


def test_every_boundary_of_a_run_is_safe_to_die_at(waiting: Workspace) -> None:
    let_go(waiting)
    assert tuple(die_everywhere(waiting, JobKind.RUN, "1")) == OF_RUN
    _assert_run_is_through(waiting)


@pytest.mark.parametrize("boundary", some(OF_RUN, seed=1))
def test_a_run_goes_on_where_its_worker_died(waiting: Workspace, boundary: str) -> None:
    let_go(waiting)
    die_at(waiting, JobKind.RUN, "1", boundary)
    go_on(waiting, JobKind.RUN, "1")
    _assert_run_is_through(waiting)


@pytest.mark.parametrize("boundary", some([*TO_GATE, *FROM_GATE], seed=2))
def test_a_release_goes_on_where_its_worker_died(workspace: Workspace, boundary: str) -> None:
    if boundary in TO_GATE:
        die_at(workspace, JobKind.RELEASE, "r1", boundary)
        go_on(workspace, JobKind.RELEASE, "r1")
    else:
        bring_to_gate(workspace, 1)
    assert live(workspace) is None
    _approve(workspace, 1)
    if boundary in FROM_GATE:
        die_at(workspace, JobKind.RELEASE, "r1", boundary)
    assert go_on(workspace, JobKind.RELEASE, "r1").state is WorkState.SUCCEEDED
    found = release_state(workspace, "r1")
    assert found.release.state is ReleaseState.SUCCEEDED
    assert {stage.state for stage in found.stages} == {WorkState.SUCCEEDED}
    assert_sound(workspace)


def test_a_step_that_ran_on_without_a_worker_is_taken_up_as_it_is(waiting: Workspace) -> None:
    die_at(waiting, JobKind.RUN, "1", "train.1 started")
    before = pids_of(waiting, "run-1-train.1")
    let_go(waiting)
    die_at(waiting, JobKind.RUN, "1", "train.1 stored")
    assert pids_of(waiting, "run-1-train.1") == before
    go_on(waiting, JobKind.RUN, "1")
    _assert_run_is_through(waiting)


def test_a_step_that_somebody_killed_while_no_worker_was_there_fails_its_run(waiting: Workspace) -> None:
    die_at(waiting, JobKind.RUN, "1", "train.1 started")
    leave_and_linger(waiting)
    for pid in pids_of(waiting, "run-1-train.1"):
        os.kill(pid, signal.SIGKILL)
    assert die_everywhere(waiting, JobKind.RUN, "1") == ["train.1 stored", "train.1 ended", "failed", "ended"]
    assert newest_job(waiting, JobKind.RUN, "1").state is WorkState.FAILED
    found = run_state(waiting, "1")
    assert (found.run.state, found.run.version_id) == (WorkState.FAILED, None)
    assert "its outcome cannot be known" in str(found.run.failure)
    assert_history(waiting)
    _assert_nothing_runs(waiting)


def test_a_fault_of_ours_fails_the_run_and_ends_its_step(waiting: Workspace) -> None:
    job = newest_job(waiting, JobKind.RUN, "1")
    carry(waiting, job, on_boundary=_fault_at("train.1 started"), is_stopping=lambda: False)
    error = newest_job(waiting, JobKind.RUN, "1").error
    assert error is not None
    assert "a fault of mltui" in error["message"]
    found = run_state(waiting, "1")
    assert found.run.state is WorkState.FAILED
    assert [step.state for step in found.steps] == [WorkState.SUCCEEDED, WorkState.FAILED]
    _assert_nothing_runs(waiting)


def test_a_fault_of_ours_fails_the_release_and_ends_its_server(workspace: Workspace) -> None:
    job = newest_job(workspace, JobKind.RELEASE, "r1")
    carry(workspace, job, on_boundary=_fault_at("staging begun"), is_stopping=lambda: False)
    assert newest_job(workspace, JobKind.RELEASE, "r1").state is WorkState.FAILED
    found = release_state(workspace, "r1")
    assert found.release.state is ReleaseState.FAILED
    assert found.stages[-1].state is WorkState.FAILED
    _assert_nothing_runs(workspace)


def test_a_restart_of_the_machine_withdraws_no_version(workspace: Workspace) -> None:
    """Servers and gateways are gone when the worker takes a release up that was about to judge them."""
    die_at(workspace, JobKind.RELEASE, "r1", "smoke started")
    _kill(workspace, "d1.1", "gateway-staging")
    go_on(workspace, JobKind.RELEASE, "r1")
    _approve(workspace, 1)
    die_at(workspace, JobKind.RELEASE, "r1", "production smoke started")
    _kill(workspace, "d1.1", "gateway-staging", "d2.1", "gateway-production")
    die_at(workspace, JobKind.RELEASE, "r1", "bake started")
    _kill(workspace, "d2.1", "gateway-production")
    assert go_on(workspace, JobKind.RELEASE, "r1").state is WorkState.SUCCEEDED
    assert (live(workspace), answering(workspace)) == (1, "v1")

    _kill(workspace, "d2.1", "gateway-production")
    place = place_for_emergency(workspace, "production")
    assert not traffic.smoke_endpoint(place, require_version(workspace, "v1")).is_green
    assert traffic.smoke_twice(place, require_version(workspace, "v1")).is_green


def test_a_version_that_answers_wrongly_is_taken_back_once_however_often_its_worker_dies(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    bring_to_gate(workspace, 2)
    _approve(workspace, 2)
    die_at(workspace, JobKind.RELEASE, "r2", "production smoke started")
    with impostor_of(workspace, "d4.1"):
        deaths = die_everywhere(workspace, JobKind.RELEASE, "r2")
    assert deaths == [
        "to be taken back", "production pointed back", "taken back", "production smoke failed", "failed", "ended"
    ]  # fmt: skip
    assert require_release(workspace, "r2").state is ReleaseState.FAILED
    assert (live(workspace), answering(workspace)) == (1, "v1")
    kinds = [event.kind for event in history(workspace)]
    assert (kinds.count("RolledBack"), kinds.count("ReleaseFailed"), kinds.count("StageFailed")) == (1, 1, 1)
    assert_sound(workspace)


def test_a_version_that_was_judged_is_taken_back_although_it_answers_rightly_by_then(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    bring_to_gate(workspace, 2)
    _approve(workspace, 2)
    die_at(workspace, JobKind.RELEASE, "r2", "production smoke started")
    with impostor_of(workspace, "d4.1"):
        die_at(workspace, JobKind.RELEASE, "r2", "to be taken back")
    assert go_on(workspace, JobKind.RELEASE, "r2").state is WorkState.FAILED
    assert (live(workspace), answering(workspace)) == (1, "v1")
    assert_sound(workspace)


def test_a_failure_on_record_stands_when_the_worker_dies_before_the_release_is_ended(workspace: Workspace) -> None:
    die_at(workspace, JobKind.RELEASE, "r1", "smoke started")
    with impostor_of(workspace, "d1.1"):
        die_at(workspace, JobKind.RELEASE, "r1", "smoke failed")
    assert go_on(workspace, JobKind.RELEASE, "r1").state is WorkState.FAILED
    assert require_release(workspace, "r1").state is ReleaseState.FAILED
    ends = [each.kind for each in history(workspace) if each.data.get("stage") == "smoke"]
    assert ends == ["StageStarted", "StageFailed"]


def _approve(workspace: Workspace, version_id: int) -> None:
    release = require_release(workspace, f"v{version_id}")
    approve(workspace, version_id, evidence=release.evidence, acknowledged=inconclusive(workspace, release))


def _story_of(workspace: Workspace, release: str) -> list[tuple[Any, ...]]:
    """What happened while that release was the last one, without the names that differ from release to release, and
    without what is said of an endpoint when it is first used."""
    found = history(workspace)
    begin = next(each.sequence for each in found if each.kind == "StageStarted" and each.subject == release)
    told = [each for each in found[begin - 1 :] if each.kind != "EndpointSettled"]
    return [(each.kind, each.data.get("environment"), each.data.get("stage")) for each in told]


def _assert_run_is_through(workspace: Workspace) -> None:
    assert newest_job(workspace, JobKind.RUN, "1").state is WorkState.SUCCEEDED
    found = run_state(workspace, "1")
    assert (found.run.state, found.run.version_id) == (WorkState.SUCCEEDED, 1)
    assert [(step.step, step.attempt, step.state.value) for step in found.steps] == [
        (step, 1, "succeeded") for step in ("prepare", "train", "evaluate", "register")
    ]
    assert times_begun(workspace) == 1
    assert_history(workspace)
    _assert_nothing_runs(workspace)


def _assert_nothing_runs(workspace: Workspace) -> None:
    assert workspace.engine("process").list({LABEL_WORKSPACE: workspace.uuid}) == []
    assert strays(workspace) == {}


def _fault_at(boundary: str) -> Any:
    def fault(name: str) -> None:
        if name == boundary:
            raise RuntimeError(f"a fault at {boundary}")

    return fault


def _kill(workspace: Workspace, *names: str) -> None:
    for name in names:
        for pid in pids_of(workspace, name):
            os.kill(pid, signal.SIGKILL)
