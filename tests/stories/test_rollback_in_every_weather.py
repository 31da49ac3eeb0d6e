"""A way back whatever else goes wrong: each weather with the seconds from the command to the target's first answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from stories.dying import die_at
from stories.impostor import impostor_of
from stories.loans import live, made_once
from stories.shells import kill_worker, no_worker, worker_pid
from stories.soundness import await_that, is_in_line, pids_of
from stories.weather import (
    ANSWER_SECONDS,
    Measured,
    approve_release,
    damage_model,
    full_disk,
    hang_at_start,
    make_three,
    measure,
    open_copy,
    release_to_gate,
    small_disk,
    start_slowly,
    train_slowly,
    version_answering,
)

from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import Refused
from mltui.operations.environments.lock import lock
from mltui.operations.environments.rollback_plan import rollback_plan
from mltui.operations.releases.open_release import open_release
from mltui.operations.standing.state import require_release, run_state
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import deployments
from mltui.worker.environments import servers
from mltui.worker.environments.rollback_target import PATIENCE_SECONDS
from mltui.workspace import Workspace


@pytest.fixture
def engine() -> str:
    return "process"


@pytest.fixture
def made(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, f"three-in-production-{engine}", partial(make_three, engine))


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    with open_copy(made, tmp_path) as opened:
        yield opened
        verify_history(opened)


def held(found: Measured, *, target: str = "v2", left: str = "v3") -> Measured:
    """In time, and nobody else answered in between."""
    say(found, target=target, left=left)
    assert found.error is None, found.error
    assert found.proof is not None
    assert (found.proof.left, found.proof.restored) == (left, target)
    assert found.versions == [left, target]
    assert found.first(target) <= ANSWER_SECONDS
    return found


def say(found: Measured, *, target: str, left: str) -> None:
    weather = os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].partition(" ")[0]
    seconds = {version: f"{found.first(version):.2f}" for version in (target,) if version in found.versions}
    print(f"{weather}: {left} → {target}, first answer {seconds}, {found.versions}, {found.error}")


def test_in_fair_weather_while_a_run_trains_while_deploys_are_locked_and_with_a_policy_that_cannot_be_read(
    workspace: Workspace,
) -> None:
    assert _there_and_back(workspace)
    lock(workspace, "production", reason="incident 14")
    run = train_slowly(workspace)
    assert _there_and_back(workspace)
    assert run_state(workspace, run).run.state is WorkState.RUNNING
    (workspace.folder / "policy.toml").write_text("[[[")
    assert held(measure(workspace)).is_silent_at_once("v3")
    kill_worker(workspace)
    held(measure(workspace, undo=True), target="v3", left="v2")


def _there_and_back(workspace: Workspace) -> bool:
    """Whether each version that was left was silent at once."""
    there = held(measure(workspace)).is_silent_at_once("v3")
    back = held(measure(workspace, undo=True), target="v3", left="v2").is_silent_at_once("v2")
    return there and back


def test_from_a_version_that_answers_wrongly(workspace: Workspace) -> None:
    with impostor_of(workspace, "d3.1"):
        assert held(measure(workspace)).is_silent_at_once("v3")


def test_from_a_version_whose_server_hangs(workspace: Workspace) -> None:
    _signal(workspace, "d3.1", signal.SIGSTOP)
    found = measure(workspace)
    _signal(workspace, "d3.1", signal.SIGCONT)
    assert found.proof is not None
    assert version_answering(workspace) == "v2"
    assert found.proof.seconds <= ANSWER_SECONDS


def test_from_a_version_that_does_not_start_any_more(workspace: Workspace) -> None:
    hang_at_start(workspace, "d3.1")
    _signal(workspace, "d3.1", signal.SIGKILL)
    await_that(lambda: version_answering(workspace) != "v3", what="v3 is gone")
    found = measure(workspace)
    say(found, target="v2", left="v3")
    assert (found.error, found.versions[-1]) == (None, "v2")
    assert found.first("v2") <= ANSWER_SECONDS


def test_with_no_worker(workspace: Workspace) -> None:
    kill_worker(workspace)
    held(measure(workspace))


def test_with_a_worker_that_hangs(workspace: Workspace) -> None:
    hung = worker_pid(workspace)
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    held(measure(workspace))
    assert worker_pid(workspace) not in (None, hung)


@pytest.mark.parametrize("is_worker_there", [True, False], ids=["with a worker", "without a worker"])
def test_on_a_full_disk(made: Path, tmp_path: Path, is_worker_there: bool) -> None:
    with small_disk(tmp_path / "disk") as disk, open_copy(made, disk) as workspace:
        if not is_worker_there:
            kill_worker(workspace)
        workspace.try_lay_reserve()
        workspace.close()
        full_disk(disk)
        again = Workspace.open(disk / "workspace")
        held(measure(again))
        again.close()


def test_a_damaged_target_is_passed_over_and_the_next_one_is_taken(workspace: Workspace) -> None:
    damage_model(workspace, 2)
    plan = rollback_plan(workspace, "production")
    assert plan.target is not None
    assert plan.target.deployment.version_id == 1
    found = held(measure(workspace), target="v1")
    assert found.proof is not None
    assert [each.partition(":")[0] for each in found.proof.skipped] == ["v2 (d2)"]
    assert "damaged" in found.proof.skipped[0]


def test_a_target_whose_server_hangs_is_passed_over(workspace: Workspace) -> None:
    _signal(workspace, "d2.1", signal.SIGSTOP)
    found = held(measure(workspace), target="v1")
    _signal(workspace, "d2.1", signal.SIGCONT)
    assert found.proof is not None
    assert [each.partition(":")[0] for each in found.proof.skipped] == ["v2 (d2)"]


def test_a_target_that_does_not_get_ready_holds_nobody_up(workspace: Workspace) -> None:
    _end_server(workspace, "d2.1")
    hang_at_start(workspace, "d2.1")
    found = held(measure(workspace), target="v1")
    assert found.proof is not None
    assert found.proof.seconds <= ANSWER_SECONDS
    assert "v2 (d2)" in found.proof.skipped[0]
    assert "not ready" in found.proof.skipped[0]


def test_a_slow_target_is_taken_where_the_next_one_is_no_quicker(workspace: Workspace) -> None:
    servers.ensure_servers(workspace, deployments.of_environment(workspace.registry.read(), "production")[0])
    _end_server(workspace, "d1.1")
    _end_server(workspace, "d2.1")
    hang_at_start(workspace, "d1.1")
    start_slowly(workspace, "d2.1", seconds=PATIENCE_SECONDS)
    held(measure(workspace))


def test_a_server_that_hangs_is_replaced_where_no_other_target_is_left(workspace: Workspace) -> None:
    damage_model(workspace, 1)
    _signal(workspace, "d2.1", signal.SIGSTOP)
    held(measure(workspace))


def test_nothing_moves_where_no_target_is_sound(workspace: Workspace) -> None:
    damage_model(workspace, 1)
    damage_model(workspace, 2)
    found = measure(workspace)
    assert isinstance(found.error, Refused)
    assert found.error.code == "no_target"
    assert all(name in found.error.message for name in ("v1 (d1)", "v2 (d2)"))
    assert found.versions == ["v3"]
    assert live(workspace) == 3


def test_beside_a_release_at_the_gate_that_stays_there(workspace: Workspace) -> None:
    release_to_gate(workspace, 4)
    held(measure(workspace))
    assert require_release(workspace, "v4").state is ReleaseState.WAITING_APPROVAL


def test_from_a_release_in_its_bake(workspace: Workspace) -> None:
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("bake_seconds = 0.5", "bake_seconds = 60"))
    release_to_gate(workspace, 4)
    approve_release(workspace, 4)
    await_that(lambda: live(workspace) == 4, what="v4 is in production")
    held(measure(workspace), left="v4", target="v3")
    _assert_ended(workspace)


def test_beside_a_release_in_staging(workspace: Workspace) -> None:
    policy = workspace.folder / "policy.toml"
    staged = "[environments.staging]\nkeep_warm = 0\n\n[environments.production]\nafter = 'staging'"
    policy.write_text(policy.read_text().replace("[environments.production]", staged))
    kill_worker(workspace)
    with no_worker(workspace):
        release = open_release(workspace, 4)
        die_at(workspace, JobKind.RELEASE, f"r{release.id}", "staging begun")
    held(measure(workspace))
    _assert_ended(workspace)


@pytest.mark.parametrize("boundary", ["production proven", "production pointed"])
def test_beside_a_release_on_its_way_into_production(workspace: Workspace, boundary: str) -> None:
    release = release_to_gate(workspace, 4)
    kill_worker(workspace)
    with no_worker(workspace):
        approve_release(workspace, 4)
        die_at(workspace, JobKind.RELEASE, release, boundary)
    found = measure(workspace)
    say(found, target="v2", left="v3")
    assert found.error is None, found.error
    assert found.proof is not None
    assert (found.proof.left, found.proof.restored) in {("v3", "v2"), ("v4", "v3")}
    _assert_ended(workspace)
    assert version_answering(workspace) == found.proof.restored == f"v{live(workspace)}"


def _assert_ended(workspace: Workspace) -> None:
    """v4's release is over without success, and the gateway does what the registry says."""
    await_that(lambda: require_release(workspace, "v4").state.is_over, what="the release is over")
    assert require_release(workspace, "v4").state is not ReleaseState.SUCCEEDED
    await_that(lambda: is_in_line(workspace, "production"), what="the gateway is in line")


def _signal(workspace: Workspace, server: str, number: signal.Signals) -> None:
    os.kill(pids_of(workspace, server)[1], number)


def _end_server(workspace: Workspace, server: str) -> None:
    """With the shim, which would start it again as it was, and the worker, which would do so anew."""
    if worker_pid(workspace) is not None:
        kill_worker(workspace)
    for pid in pids_of(workspace, server):
        os.kill(pid, signal.SIGKILL)
