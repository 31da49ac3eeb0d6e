"""What happens to servers and gateways around a switch: weights, drains, stops, what is kept and what goes."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from stories.loans import (
    bring_to_production,
    carry_job,
    live,
    roll_back,
)
from stories.pictures import add_version, noise, picture_workspace
from stories.soundness import await_that

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.engines.base import Engine, State
from mltui.engines.process_state import read_running
from mltui.operations.environments.roll_back import request_start, request_stop
from mltui.operations.standing.which import which
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import deployments, environments, events
from mltui.serving.client import Answer, PredictionClient
from mltui.worker.environments import gateways, retiring, servers, traffic
from mltui.worker.environments.place import Place
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.watch import look_after
from mltui.workspace import Workspace

LIVE, WARM, COLD = DeploymentState.LIVE, DeploymentState.WARM, DeploymentState.COLD
NO_WAIT_SECONDS = 15.0
"""Far less than a server is waited for, far more than a rollback takes on a busy machine."""
GONE, RESTORED, FAILED = DeploymentState.GONE, DeploymentState.RESTORED, DeploymentState.FAILED


BOTH_ENGINES = pytest.mark.parametrize("engine", ["process", pytest.param("docker", marks=pytest.mark.docker)])
"""Containers of all copies of a workspace bear the same names: only tests of one file, one after the other, may."""


@pytest.fixture
def engine() -> str:
    return "process"


@pytest.fixture
def workspace(engine: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Workspace]:
    """v1 is registered, the test itself is the worker."""
    with picture_workspace(tmp_path_factory, tmp_path, engine=engine) as opened:
        yield opened


@pytest.fixture
def place(workspace: Workspace) -> Place:
    return place_for_emergency(workspace, "production")


def states(workspace: Workspace) -> list[DeploymentState]:
    return [each.state for each in deployments.of_environment(workspace.registry.read(), "production")]


def weights(place: Place) -> dict[str, int]:
    return {state.name: state.weight for state in place.gateway().servers()}


def engine_of(workspace: Workspace) -> Engine:
    return workspace.engine(workspace.policy().engine)


def container(workspace: Workspace, server: str) -> State:
    return engine_of(workspace).status(workspace.container_name(server)).state


def ask(workspace: Workspace) -> Answer:
    with PredictionClient.over_tcp(which(workspace, "production").environment.endpoint) as client:
        return client.predict(noise("dark", seed=5))


def version_of(answer: Answer) -> str:
    assert answer.status == 200, answer.body
    return str(answer.body["version"])


def test_the_last_known_good_stays_warm_some_stay_cold_and_the_oldest_go(workspace: Workspace) -> None:
    for version in (1, *(add_version(workspace, slope=slope) for slope in (3, 5, 6, 7, 8))):
        bring_to_production(workspace, version)
        place = place_for_emergency(workspace, "production")
        retiring.settle(place)
    assert states(workspace) == [GONE, GONE, COLD, COLD, WARM, LIVE]
    assert weights(place) == {"d5.1": 0, "d6.1": 100}
    found = [container(workspace, f"d{number}.1") for number in range(1, 7)]
    assert found == [State.ABSENT, State.ABSENT, State.EXITED, State.EXITED, State.RUNNING, State.RUNNING]

    roll_back(workspace)
    retiring.settle(place)
    assert version_of(ask(workspace)) == "v5"
    assert states(workspace) == [GONE, GONE, COLD, WARM, RESTORED, COLD, LIVE]
    assert weights(place) == {"d4.1": 0, "d5.1": 100}
    assert [container(workspace, server) for server in ("d4.1", "d5.1", "d6.1")] == [
        State.RUNNING,
        State.RUNNING,
        State.EXITED,
    ]
    assert roll_back(workspace, to_version=1).state is WorkState.SUCCEEDED
    assert version_of(ask(workspace)) == "v1"
    assert traffic.is_in_line(place)
    verify_history(workspace)


@BOTH_ENGINES
def test_a_rollback_goes_back_step_by_step_over_versions_whose_containers_are_gone(workspace: Workspace) -> None:
    for version in (1, *(add_version(workspace, slope=slope) for slope in (3, 5))):
        bring_to_production(workspace, version)
    for server in ("d1.1", "d2.1"):
        engine_of(workspace).remove(workspace.container_name(server))
    assert [roll_back(workspace).state for _ in range(2)] == [WorkState.SUCCEEDED] * 2
    assert (live(workspace), version_of(ask(workspace))) == (1, "v1")
    assert roll_back(workspace, undo=True).state is WorkState.SUCCEEDED
    assert (live(workspace), version_of(ask(workspace))) == (2, "v2")


@pytest.mark.docker
@pytest.mark.parametrize("engine", ["docker"])
def test_a_rollback_builds_the_image_again_that_is_gone_with_its_container(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    bring_to_production(workspace, add_version(workspace, slope=5))
    first = deployments.of_environment(workspace.registry.read(), "production")[0]
    engine_of(workspace).remove(workspace.container_name("d1.1"))
    _remove_image(first.image_id)
    assert roll_back(workspace).state is WorkState.SUCCEEDED
    assert version_of(ask(workspace)) == "v1"
    now = which(workspace, "production").deployment
    assert now is not None
    assert (now.package, engine_of(workspace).has_image(now.image_id)) == (first.package, True)


@BOTH_ENGINES
def test_a_request_under_way_is_answered_by_the_server_that_is_retired(workspace: Workspace, place: Place) -> None:
    bring_to_production(workspace, 1)
    picture = noise("light", seed=6)
    with closing(socket.create_connection(_address(workspace), timeout=20)) as caller:
        head = (
            f"POST /predict HTTP/1.1\r\nhost: test\r\ncontent-type: image/png\r\ncontent-length: {len(picture)}\r\n\r\n"
        )
        caller.sendall(head.encode() + picture[:1000])
        await_that(lambda: gateways.is_busy(place.gateway(), "d1.1"), what="the request has reached its server")
        bring_to_production(workspace, add_version(workspace, slope=5))
        (workspace.folder / "policy.toml").write_text(_without_keeping(workspace))
        without = place_for_emergency(workspace, "production")
        retiring.settle(without)
        assert states(workspace) == [WARM, LIVE]
        assert version_of(ask(workspace)) == "v2"
        caller.sendall(picture[1000:])
        response = http.client.HTTPResponse(caller)
        response.begin()
        assert (response.status, response.headers["x-mltui-version"]) == (200, "v1")
    await_that(lambda: not gateways.is_busy(place.gateway(), "d1.1"), what="the request is over")
    retiring.settle(without)
    assert states(workspace) == [GONE, LIVE]
    assert weights(place) == {"d2.1": 100}
    assert version_of(ask(workspace)) == "v2"


def test_a_gateway_that_is_killed_comes_back_with_its_weights(workspace: Workspace, place: Place) -> None:
    bring_to_production(workspace, 1)
    bring_to_production(workspace, add_version(workspace, slope=5))
    roll_back(workspace)
    before = weights(place)
    assert before == {"d1.1": 100, "d2.1": 0}
    _signal_program(workspace, "gateway-production", signal.SIGKILL)
    await_that(lambda: _is_answering_again(place), what="the gateway is back")
    assert weights(place) == before
    await_that(lambda: ask(workspace).status == 200, what="there is an answer")
    assert version_of(ask(workspace)) == "v1"
    assert traffic.is_in_line(place)


def test_a_server_that_ends_after_it_was_looked_at_is_taken_up_again(
    workspace: Workspace, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_to_production(workspace, 1)
    await_all_ready, ended = servers.await_all_ready, list[str]()

    def first_it_ends(opened: Workspace, deployment: Deployment) -> None:
        if not ended:
            ended.append("d1.1")
            engine_of(opened).remove(opened.container_name("d1.1"))
        await_all_ready(opened, deployment)

    monkeypatch.setattr(servers, "await_all_ready", first_it_ends)
    traffic.bring_in_line(place)
    assert ended == ["d1.1"]
    assert version_of(ask(workspace)) == "v1"


@BOTH_ENGINES
def test_a_gateway_and_servers_that_are_gone_are_brought_back_by_the_watch(workspace: Workspace, place: Place) -> None:
    bring_to_production(workspace, 1)
    for name in ("gateway-production", "d1.1"):
        engine_of(workspace).remove(workspace.container_name(name))
    look_after(place)
    await_that(lambda: ask(workspace).status == 200, what="there is an answer")
    assert weights(place) == {"d1.1": 100}


def test_what_is_only_just_started_again_is_not_called_broken(workspace: Workspace, place: Place) -> None:
    bring_to_production(workspace, 1)
    known = place.environment
    assert known.smoked_at is not None
    with workspace.registry.write() as tx:
        environments.save(tx, replace(known, smoked_at=known.smoked_at - timedelta(days=1)))
    for name in ("gateway-production", "d1.1"):
        engine_of(workspace).remove(workspace.container_name(name))
    look_after(place)
    assert place.environment.smoked_at is not None
    assert place.environment.smoked_at > known.smoked_at
    assert place.environment.is_smoke_green is True
    assert events.list_events(workspace.registry.read(), kind="SmokeFailed") == []


def test_a_stop_answers_503_as_json_and_a_start_brings_the_same_version_back(
    workspace: Workspace, place: Place
) -> None:
    bring_to_production(workspace, 1)
    request_stop(workspace, "production", reason="none is fit")
    carry_job(workspace, JobKind.STOP, "production")
    for _ in range(2):
        refused = ask(workspace)
        assert refused.status == 503
        assert refused.headers["content-type"] == "application/json"
        assert refused.body["error"] == {"code": "no_server", "message": "no server is in service here"}
        look_after(place)
    request_start(workspace, "production")
    carry_job(workspace, JobKind.START, "production")
    assert version_of(ask(workspace)) == "v1"


def test_a_rollback_ends_a_stop(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    bring_to_production(workspace, add_version(workspace, slope=5))
    request_stop(workspace, "production", reason="none is fit")
    carry_job(workspace, JobKind.STOP, "production")
    assert ask(workspace).status == 503
    roll_back(workspace)
    assert version_of(ask(workspace)) == "v1"


def test_a_version_that_fails_its_smoke_gets_no_traffic_and_leaves_no_server(
    workspace: Workspace, place: Place
) -> None:
    bring_to_production(workspace, 1)
    with pytest.raises(AssertionError, match="fails its smoke cases"):
        bring_to_production(workspace, add_version(workspace, slope=-4))
    assert version_of(ask(workspace)) == "v1"
    assert states(workspace) == [LIVE, FAILED]
    assert container(workspace, "d2.1") is State.ABSENT
    assert weights(place) == {"d1.1": 100}


def test_a_server_that_hangs_holds_no_rollback_up(workspace: Workspace, place: Place) -> None:
    bring_to_production(workspace, 1)
    bring_to_production(workspace, add_version(workspace, slope=5))
    _signal_program(workspace, "d2.1", signal.SIGSTOP)
    watching = threading.Thread(target=look_after, args=(place,), daemon=True)
    watching.start()
    began = time.monotonic()
    assert roll_back(workspace).state is WorkState.SUCCEEDED
    assert time.monotonic() - began < NO_WAIT_SECONDS
    assert version_of(ask(workspace)) == "v1"
    engine_of(workspace).remove(workspace.container_name("d2.1"))
    watching.join()


def test_a_good_version_that_does_not_start_holds_no_rollback_up(workspace: Workspace, place: Place) -> None:
    """The watch tries to warm the last known good up, while somebody goes back further."""
    for version in (1, add_version(workspace, slope=5), add_version(workspace, slope=6)):
        bring_to_production(workspace, version)
        retiring.settle(place)
    assert states(workspace) == [COLD, WARM, LIVE]
    roll_back(workspace)
    _hang_at_start(workspace, "d1.1")
    watching = threading.Thread(target=retiring.settle, args=(place,), daemon=True)
    watching.start()
    await_that(lambda: container(workspace, "d1.1") is State.RUNNING, what="d1.1 is being warmed up")
    began = time.monotonic()
    assert roll_back(workspace, undo=True).state is WorkState.SUCCEEDED
    assert time.monotonic() - began < NO_WAIT_SECONDS
    assert version_of(ask(workspace)) == "v3"
    engine_of(workspace).remove(workspace.container_name("d1.1"))
    watching.join()


def _without_keeping(workspace: Workspace) -> str:
    policy = (workspace.folder / "policy.toml").read_text()
    return policy.replace("keep_warm = 1", "keep_warm = 0").replace("keep_cold = 2", "keep_cold = 0")


def _address(workspace: Workspace) -> tuple[str, int]:
    host, _, port = which(workspace, "production").environment.endpoint.rpartition(":")
    return host, int(port)


def _signal_program(workspace: Workspace, what: str, number: signal.Signals) -> None:
    running = read_running(workspace.processes_folder / workspace.container_name(what))
    assert running is not None
    os.kill(running.program_pid, number)


def _remove_image(image_id: str) -> None:
    import docker

    with closing(docker.from_env()) as client:
        client.images.remove(image_id, force=True)


def _hang_at_start(workspace: Workspace, what: str) -> None:
    """The next start of that process gets a program that lives and does nothing."""
    launch = workspace.processes_folder / workspace.container_name(what) / "launch.json"
    launch.write_text(json.dumps(json.loads(launch.read_text()) | {"argv": ["/bin/sleep", "120"]}))


def _is_answering_again(place: Place) -> bool:
    return gateways.admin_of(place.workspace, place.name).is_answering()
