"""Nothing that happens to clients and workers ends the work: the next act takes it up where it is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from stories.loans import bring_to_production
from stories.shells import kill_group, kill_worker, mltui, no_worker, put_away, shell, worker_pid, worker_pids
from stories.soundness import answer, assert_history, assert_sound, await_that, history, is_in_line, pids_of
from stories.waiting import let_go, make_waiting_project, make_waiting_workspace, times_begun

from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.engines.base import LABEL_WORKSPACE, State, Status
from mltui.operations.acting.build import PACKAGE
from mltui.operations.acting.wake import knock, living_worker, start_worker, stop_worker, wake_worker
from mltui.operations.runs.resume import cancel_run
from mltui.operations.runs.train import request_run
from mltui.operations.standing.state import run_state
from mltui.registry import jobs
from mltui.workspace import Workspace, utc_now


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    return make_waiting_project(trained, tmp_path / "project")


@pytest.fixture
def idle(project: Path, tmp_path: Path) -> Iterator[Workspace]:
    workspace = make_waiting_workspace(project, tmp_path / "workspace")
    yield workspace
    put_away(workspace)


@pytest.fixture
def training(idle: Workspace, project: Path) -> Workspace:
    """A real worker carries a run whose train step waits to be let go."""
    request_run(idle, project)
    _await_training(idle)
    return idle


@pytest.fixture
def serving(place: Path) -> Iterator[Workspace]:
    """A real worker watches production, where v2 is live and v1 warm."""
    workspace = Workspace.open(place / "workspace")
    with no_worker(workspace):
        bring_to_production(workspace, 1)
        bring_to_production(workspace, 2)
    wake_worker(workspace)
    _await_one_worker(workspace)
    yield workspace
    put_away(workspace)


@pytest.mark.parametrize("engine", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_a_run_survives_its_shell_and_its_worker(project: Path, tmp_path: Path, engine: str) -> None:
    workspace = make_waiting_workspace(project, tmp_path / "workspace", engine=engine)
    with _starts_seen_by_docker(workspace) if engine == "docker" else nullcontext() as seen:
        try:
            client = shell(workspace, "train --follow", directory=project)
            _await_training(workspace)
            container = _train_step(workspace)
            kill_group(client)
            kill_worker(workspace)
            assert _train_step(workspace) == container

            mltui(workspace, "status", directory=project)
            mltui(workspace, "run show 1", directory=project)
            assert worker_pids(workspace) == set()

            mltui(workspace, "worker start", directory=project)
            await_that(lambda: worker_pid(workspace) is not None, what="a worker is there")
            assert _train_step(workspace) == container
            let_go(workspace)
            _assert_ends_well(workspace)
            on_record = _containers_on_record(workspace)
            assert on_record["train"] == container.container_id
            if seen is not None:
                await_that(lambda: set(seen) >= set(on_record.values()), what="Docker tells of every container")
                assert sorted(seen) == sorted(on_record.values())
        finally:
            put_away(workspace)


def test_a_worker_that_is_told_to_end_leaves_its_run_to_the_next(training: Workspace) -> None:
    container = _train_step(training)
    assert stop_worker(training)
    assert worker_pids(training) == set()
    assert _job(training).state is WorkState.RUNNING
    assert _train_step(training) == container
    wake_worker(training)
    let_go(training)
    _assert_ends_well(training)
    kinds = [event.kind for event in history(training)]
    assert (kinds.count("WorkerStarted"), kinds.count("WorkerStopped")) == (2, 1)


def test_what_is_asked_for_while_a_worker_ends_is_taken_up_by_the_next(training: Workspace, project: Path) -> None:
    first = worker_pid(training)
    assert first is not None
    os.kill(first, signal.SIGTERM)
    request_run(training, project, overrides=["train.seed=2"])
    await_that(lambda: worker_pid(training) not in (None, first), what="the next worker is there")
    await_that(lambda: times_begun(training, 2) == 1, what="the second run is at its train step")
    _await_one_worker(training)


def test_a_worker_that_hangs_is_replaced_at_the_next_act(training: Workspace) -> None:
    container, first = _train_step(training), worker_pid(training)
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    wake_worker(training)
    assert worker_pids(training) == {first}
    later = Workspace.open(training.folder, now=lambda: utc_now() + timedelta(minutes=1))
    wake_worker(later)
    later.close()
    await_that(lambda: worker_pid(training) not in (None, first), what="another worker is there")
    assert first not in worker_pids(training)
    assert _train_step(training) == container
    cancel_run(training, "1")
    await_that(lambda: _job(training).state is WorkState.CANCELLED, what="the run is cancelled")
    assert training.engine("process").list({LABEL_WORKSPACE: training.uuid}) == []
    assert_history(training)


def test_a_worker_of_another_build_is_replaced_at_the_next_act(idle: Workspace, tmp_path: Path) -> None:
    other = shutil.copytree(PACKAGE, tmp_path / "other" / "mltui", ignore=shutil.ignore_patterns("__pycache__"))
    (other / "worker" / "another.py").touch()
    command = [sys.executable, "-P", "-m", "mltui.worker", str(idle.folder)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(other.parent)}) as first:
        _await_one_worker(idle)
        assert worker_pid(idle) == first.pid
        wake_worker(idle)
        assert first.wait(60) == 0
    await_that(lambda: worker_pid(idle) is not None, what="the next worker is there")
    _await_one_worker(idle)
    second = worker_pid(idle)
    wake_worker(idle)
    _await_one_worker(idle)
    assert worker_pid(idle) == second
    assert_history(idle)


def test_a_worker_that_is_heard_of_hears(idle: Workspace) -> None:
    for _ in range(3):
        start_worker(idle.folder)
        await_that(lambda: living_worker(idle) is not None, what="its heart beats", pause=0.0)
        assert knock(idle.folder)
        assert stop_worker(idle)


def test_of_workers_that_start_at_once_one_stays(idle: Workspace) -> None:
    for _ in range(4):
        start_worker(idle.folder)
    _await_one_worker(idle)
    assert [event.kind for event in history(idle)].count("WorkerStarted") == 1


def test_a_server_and_a_gateway_that_were_killed_come_back_as_the_registry_says(serving: Workspace) -> None:
    for name in ("d4.1", "gateway-production"):
        _kill(serving, name)
        _await_answers_of(serving, "v2")

    shim, _ = pids_of(serving, "d4.1")
    _kill(serving, "gateway-production")
    _kill(serving, "d4.1")
    await_that(lambda: pids_of(serving, "d4.1")[0] != shim, what="the worker brings the server back")
    kill_worker(serving)
    wake_worker(serving)
    _await_answers_of(serving, "v2")
    assert stop_worker(serving)
    assert_sound(serving)


def _await_one_worker(workspace: Workspace) -> None:
    """Those that were started too often have ended, and the one that stays beats."""
    await_that(lambda: worker_pids(workspace) == {worker_pid(workspace)}, what="one worker is there")


def _await_training(workspace: Workspace) -> None:
    await_that(lambda: times_begun(workspace) == 1, what="the train step waits", seconds=280)
    await_that(lambda: "train" in _containers_on_record(workspace), what="its start is on record")
    _await_one_worker(workspace)


def _train_step(workspace: Workspace) -> Status:
    """As it runs, without what changes while it does."""
    status = workspace.engine(workspace.policy().engine).status(workspace.container_name("run-1-train.1"))
    assert status.state is State.RUNNING
    return Status(status.name, status.state, container_id=status.container_id)


def _containers_on_record(workspace: Workspace) -> dict[str, str]:
    found = [event for event in history(workspace) if event.kind == "StepStarted"]
    assert len(found) == len({event.data["step"] for event in found})
    return {event.data["step"]: event.data["container"] for event in found}


@contextmanager
def _starts_seen_by_docker(workspace: Workspace) -> Iterator[list[str]]:
    """Container ids of this workspace, in Docker's own words, read as they come: it remembers 256 events only."""
    import docker

    with closing(docker.from_env()) as client, ThreadPoolExecutor(1) as reader:
        filters = {"type": "container", "event": "start", "label": f"{LABEL_WORKSPACE}={workspace.uuid}"}
        stream = client.events(filters=filters, decode=True)
        seen: list[str] = []
        reader.submit(lambda: seen.extend(event["id"] for event in stream))
        try:
            yield seen
        finally:
            stream.close()


def _assert_ends_well(workspace: Workspace) -> None:
    await_that(lambda: _job(workspace).state.is_over, what="the run is over", seconds=280)
    found = run_state(workspace, "1")
    assert (found.run.state, found.run.version_id) == (WorkState.SUCCEEDED, 1)
    assert times_begun(workspace) == 1
    assert_history(workspace)
    assert workspace.engine(found.run.engine).list({LABEL_WORKSPACE: workspace.uuid}) == []


def _job(workspace: Workspace) -> jobs.Job:
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RUN, subject="1")
    assert job is not None
    return job


def _kill(workspace: Workspace, name: str) -> None:
    for pid in pids_of(workspace, name):
        os.kill(pid, signal.SIGKILL)


def _await_answers_of(workspace: Workspace, version: str) -> None:
    await_that(lambda: answer(workspace) == version, what=f"{version} answers")
    await_that(lambda: is_in_line(workspace, "production"), what="the gateway has the registry's weights")
