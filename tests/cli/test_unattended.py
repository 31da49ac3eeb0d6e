"""The loop as a script drives it, with a real worker: exit codes, events as JSON lines, and the envelope at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cli.command_line import Said, mltui
from stories.loans import commit, end, hold_worker_lock, make_workspace
from stories.soundness import await_that
from stories.waiting import let_go, make_waiting_project, times_begun

from mltui.domain.run import WorkState
from mltui.engines.base import LABEL_WORKSPACE
from mltui.operations.acting.wake import stop_worker
from mltui.operations.standing.state import run_state
from mltui.workspace import Workspace

Call = Callable[..., Said]

FAILING = """\
import json, os, pathlib, sys

words = {"message": "the lamp was off on 3 of 9 days", "hint": "switch it on"}
(pathlib.Path(os.environ["MLTUI_OUT"]) / "error.json").write_text(json.dumps(words))
sys.exit(7)
"""


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    return make_waiting_project(trained, tmp_path / "project")


@pytest.fixture
def workspace(project: Path, tmp_path: Path) -> Iterator[Workspace]:
    opened = make_workspace(project, tmp_path / "workspace")
    yield opened
    stop_worker(opened)
    hold_worker_lock(opened)
    end(opened)
    opened.close()


@pytest.fixture
def batch(project: Path, workspace: Workspace) -> Call:
    return partial(mltui, "--batch", directory=project)


def test_a_version_goes_to_production_and_nothing_is_asked_on_the_way(workspace: Workspace, batch: Call) -> None:
    let_go(workspace)
    trained = batch("train", "--follow")
    assert trained.code == 0, trained.out
    assert (trained.data["version"], trained.data["release"]["state"]) == ("v1", "waiting_approval")
    kinds = [event["kind"] for event in trained.events]
    assert [kind for kind in kinds if kind in ("RunRequested", "VersionRegistered", "ApprovalRequested")] == [
        "RunRequested", "VersionRegistered", "ApprovalRequested",
    ]  # fmt: skip
    assert [event["sequence"] for event in trained.events] == sorted(event["sequence"] for event in trained.events)

    refused = batch("approve", "v1", "--evidence", "0" * 64)
    assert (refused.code, refused.error["code"]) == (4, "evidence_differs")
    waited = batch("release", "wait", "v1", "--timeout", "0s")
    assert (waited.code, waited.error["code"]) == (6, "timeout")
    assert batch("release", "wait", "v1", "--for", "approval").code == 0

    evidence = batch("release", "show", "v1").data["evidence"]
    approved = batch("approve", "v1", "--evidence", evidence, "--follow")
    assert (approved.code, approved.data["release"]["state"]) == (0, "succeeded"), approved.out
    assert approved.events[0]["kind"] == "VersionApproved"
    assert batch("release", "wait", "v1", "--for", "production").code == 0
    assert batch("which", "production").data["version"] == "v1"
    assert batch("rollback").error["code"] == "no_target"

    assert batch("env", "stop", "--reason", "a drill").code == 0
    assert batch("which").data["version"] is None
    assert batch("env", "start").code == 0
    assert batch("which").data["version"] == "v1"
    assert batch("audit", "verify").code == 0


def test_a_step_that_fails_says_so_in_its_own_words(workspace: Workspace, project: Path, batch: Call) -> None:
    (project / "train" / "train.py").write_text(FAILING)
    commit(project, "Train in the dark")
    failed = batch("train", "--follow")
    assert (failed.code, failed.error["code"]) == (5, "run_failed")
    assert "the lamp was off on 3 of 9 days" in failed.error["message"]
    assert "switch it on" in failed.error["message"]
    assert failed.events[-1]["kind"] == "RunFailed"
    assert batch("run", "show").data["state"] == "failed"


def test_a_run_is_ended_and_taken_up_again_where_it_was(workspace: Workspace, project: Path, batch: Call) -> None:
    assert batch("train").data["is_new"]
    await_that(lambda: times_begun(workspace) == 1, what="the step waits")
    assert batch("run", "cancel").code == 0
    await_that(lambda: run_state(workspace, "1").run.state.is_over, what="the run is over")
    found = run_state(workspace, "1")
    assert found.run.state is WorkState.CANCELLED
    assert found.run.failure is not None
    assert found.run.failure.startswith("cancelled by ")
    assert {step.step: step.state for step in found.steps}["train"] is WorkState.CANCELLED
    await_that(lambda: containers(workspace) == set(), what="its container is gone")
    again = batch("run", "cancel", "1")
    assert (again.code, again.error["code"]) == (4, "refused")

    let_go(workspace, run_id=2)
    resumed = batch("run", "resume", "1", "--follow")
    assert (resumed.code, resumed.data["version"]) == (0, "v1"), resumed.out
    assert {step.step: step.cached_from for step in run_state(workspace, "2").steps}["prepare"] == 1
    assert batch("run", "resume", "2").code == 4


def containers(workspace: Workspace) -> set[str]:
    found = workspace.engine("process").list({LABEL_WORKSPACE: workspace.uuid})
    return {status.name for status in found if "run-1-" in status.name}
