"""Two servers of each version: they start, share, cool and retire together, and one may be killed."""

from __future__ import annotations

import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from stories.loans import bring_to_production, carry_job, live, roll_back
from stories.pictures import add_version, noise, picture_workspace
from stories.soundness import await_that
from stories.switching import load_on

from mltui.domain.job import JobKind
from mltui.engines.base import State
from mltui.engines.process_state import read_running
from mltui.operations.environments.share_traffic import request_share
from mltui.operations.standing.which import which
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import deployments
from mltui.worker.environments import retiring, traffic, windows
from mltui.worker.environments.place import Place
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.watch import look_after
from mltui.workspace import Workspace

BOTH_ENGINES = pytest.mark.parametrize("engine", ["process", pytest.param("docker", marks=pytest.mark.docker)])
REQUESTS = 600


@pytest.fixture
def workspace(engine: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Workspace]:
    with picture_workspace(tmp_path_factory, tmp_path, engine=engine, name="replicas") as opened:
        policy = opened.folder / "policy.toml"
        rules = 'replicas = 2\nsticky_header = "x-user"\nmetrics = "127.0.0.1:0"'
        policy.write_text(policy.read_text().replace("cpus = 1", f"cpus = 1\n{rules}", 1))
        yield opened


@pytest.fixture
def place(workspace: Workspace) -> Place:
    return place_for_emergency(workspace, "production")


def weights(place: Place) -> dict[str, int]:
    return {state.name: state.weight for state in place.gateway().servers()}


def kill(workspace: Workspace, server: str) -> None:
    """With SIGKILL, as a want of memory on the host would."""
    name = workspace.container_name(server)
    if workspace.policy().engine == "process":
        running = read_running(workspace.processes_folder / name)
        assert running is not None
        os.kill(running.program_pid, signal.SIGKILL)
        return
    import docker

    with closing(docker.from_env()) as client:
        os.kill(client.containers.get(name).attrs["State"]["Pid"], signal.SIGKILL)


def containers(workspace: Workspace, *servers: str) -> list[State]:
    engine = workspace.engine(workspace.policy().engine)
    return [engine.status(workspace.container_name(server)).state for server in servers]


def metrics(place: Place, path: str) -> str:
    with urllib.request.urlopen(f"http://{place.environment.metrics_endpoint}{path}", timeout=20) as answer:
        return str(answer.read().decode())


@BOTH_ENGINES
def test_one_of_two_servers_is_killed_under_load_and_no_request_is_lost(
    workspace: Workspace, place: Place, tmp_path: Path
) -> None:
    bring_to_production(workspace, 1)
    bring_to_production(workspace, add_version(workspace, slope=5))
    assert weights(place) == {"d1.1": 0, "d1.2": 0, "d2.1": 100, "d2.2": 100}
    endpoint = which(workspace, "production").environment.endpoint
    request_share(workspace, "production", {1: 30, 2: 70})
    assert carry_job(workspace, JobKind.SHARE, "production").error is None
    assert weights(place) == {"d1.1": 30, "d1.2": 30, "d2.1": 70, "d2.2": 70}
    before = {each.id: windows.read(place, each) for each in _known(workspace)}
    with load_on(endpoint, noise("dark", seed=77), folder=tmp_path, requests=REQUESTS) as load:
        await_that(lambda: _served(place, before, 2) > 50, what="the load is on")
        kill(workspace, "d2.1")
        await_that(lambda: _served(place, before, 2) > 150, what="the load goes on")
    assert place.environment.replay_bytes == 131072
    assert load.lost == []
    assert {each.version for each in load.answers} == {"v1", "v2"}
    await_that(lambda: _is_back(place), what="the server is back")
    assert weights(place) == {"d1.1": 30, "d1.2": 30, "d2.1": 70, "d2.2": 70}
    assert 'mltui_requests_total{code="2xx"}' in metrics(place, "/metrics/d2.2")
    assert "haproxy_server_http_responses_total" in metrics(place, "/metrics")

    assert roll_back(workspace).error is None
    assert roll_back(workspace).error is None
    assert live(workspace) == 1
    assert weights(place) == {"d1.1": 100, "d1.2": 100, "d2.1": 0, "d2.2": 0}
    (workspace.folder / "policy.toml").write_text(_without_keeping(workspace))
    retiring.settle(place_for_emergency(workspace, "production"))
    assert containers(workspace, "d1.1", "d1.2", "d2.1", "d2.2") == [State.RUNNING] * 2 + [State.ABSENT] * 2
    assert weights(place) == {"d1.1": 100, "d1.2": 100}
    verify_history(workspace)


@pytest.mark.parametrize("engine", ["process"])
def test_a_version_gets_as_many_servers_as_policy_wants_when_it_comes_back(workspace: Workspace, place: Place) -> None:
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("replicas = 2", "replicas = 1"))
    bring_to_production(workspace, 1)
    assert weights(place) == {"d1.1": 100}
    policy.write_text(policy.read_text().replace("replicas = 1", "replicas = 2"))
    bring_to_production(workspace, add_version(workspace, slope=5))
    assert roll_back(workspace).error is None
    assert weights(place) == {"d1.1": 100, "d1.2": 100, "d2.1": 0, "d2.2": 0}
    assert [each.replicas for each in _known(workspace)] == [2, 2, 2]


def _known(workspace: Workspace) -> list:
    return deployments.of_environment(workspace.registry.read(), "production")


def _served(place: Place, before: dict, deployment_id: int) -> int:
    deployment = next(each for each in _known(place.workspace) if each.id == deployment_id)
    return windows.window(before[deployment_id], windows.read(place, deployment)).answered


def _is_back(place: Place) -> bool:
    look_after(place)
    return traffic.is_in_line(place) and all(state.is_up for state in place.gateway().servers())


def _without_keeping(workspace: Workspace) -> str:
    policy = (workspace.folder / "policy.toml").read_text()
    return policy.replace("keep_warm = 1", "keep_warm = 0").replace("keep_cold = 2", "keep_cold = 0")
