"""A real gateway before real servers: who gets which requests, and that none is lost on the way from one to another."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from impatient_callers import Callers
from serving_models import make_picture_model, picture_spec, plain
from serving_processes import RunningGateway, RunningServer, wait_until

from mltui.serving.admin import BackendNotUp, GatewayAdmin, GatewayUnreachable
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.gateway import Backend, GatewayHabits

UP_SECONDS = 20.0
PICTURE = plain("red")


def backend(name: str, weight: int) -> Backend:
    return Backend(name, f"{name}/s.sock", weight)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_picture_model(tmp_path / "model")


@pytest.fixture
def gateway(tmp_path: Path, start_gateway, endpoint: str) -> RunningGateway:
    return start_gateway(tmp_path, endpoint=endpoint)


@pytest.fixture
def start(tmp_path: Path, model: Path, start_server) -> Callable[[str], RunningServer]:
    """Server `d1.1` serves version `v1`, and so on."""
    return lambda name: start_server(tmp_path / name, model, version=f"v{name[1]}")


def shares(client: PredictionClient, count: int) -> dict[str, int]:
    return dict(Counter(client.predict(PICTURE).body["version"] for _ in range(count)))


def weights(admin: GatewayAdmin) -> dict[str, int]:
    return {state.name: state.weight for state in admin.servers()}


def test_without_a_server_the_answer_is_503_in_json(gateway: RunningGateway) -> None:
    answer = gateway.client().predict(PICTURE, request_id="mine.1")
    assert answer.status == 503
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"] == "mine.1"
    assert answer.body == {
        "error": {"code": "no_server", "message": "no server is in service here"},
        "request_id": "mine.1",
    }


@pytest.mark.parametrize("given", ['a"b', "a b", "", "x" * 65])
def test_a_request_id_that_is_not_fit_is_replaced(gateway: RunningGateway, given: str) -> None:
    answer = gateway.client().predict(PICTURE, request_id=given)
    assert answer.status == 503
    assert answer.body["request_id"] == answer.headers["x-request-id"] != given


def test_a_request_id_goes_through_to_the_server(gateway: RunningGateway, start) -> None:
    start("d1.1")
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    answer = gateway.client().predict(PICTURE, request_id="mine.2")
    assert answer.status == 200
    assert answer.body["request_id"] == answer.headers["x-request-id"] == "mine.2"
    assert len(gateway.client().predict(PICTURE).body["request_id"]) == 36


def test_a_shift_gives_the_requests_to_whom_it_names(gateway: RunningGateway, start) -> None:
    start("d1.1"), start("d2.1")
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    assert shares(gateway.client(), 10) == {"v1": 10}
    gateway.admin.shift([backend("d1.1", 90), backend("d2.1", 10)], timeout_seconds=UP_SECONDS)
    assert shares(gateway.client(), 100) == {"v1": 90, "v2": 10}
    gateway.admin.shift([backend("d2.1", 100)], timeout_seconds=UP_SECONDS)
    assert shares(gateway.client(), 10) == {"v2": 10}
    assert weights(gateway.admin) == {"d1.1": 0, "d2.1": 100}
    assert [state.is_up for state in gateway.admin.servers()] == [True, True]


def test_a_shift_may_be_repeated(gateway: RunningGateway, start) -> None:
    start("d1.1")
    for _ in range(3):
        gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    assert weights(gateway.admin) == {"d1.1": 100}


def test_a_gateway_that_starts_anew_meanwhile_is_told_of_the_server_again(
    tmp_path: Path, gateway: RunningGateway, start, start_gateway, endpoint: str
) -> None:
    with ThreadPoolExecutor() as pool:
        introduced = pool.submit(gateway.admin.introduce, backend("d1.1", 0), timeout_seconds=UP_SECONDS)
        wait_until(lambda: "d1.1" in weights(gateway.admin), "it is known")
        with pytest.raises(BackendNotUp, match=r"within 0.1 s: d1\.1 \(.*No such file"):
            gateway.admin.introduce(backend("d1.1", 0), timeout_seconds=0.1)
        gateway.process.kill()
        gateway.process.wait()
        start_gateway(tmp_path, endpoint=endpoint)
        start("d1.1")
        introduced.result()
    assert weights(gateway.admin) == {"d1.1": 0}


def test_a_server_that_does_not_come_up_changes_nothing(gateway: RunningGateway, start) -> None:
    start("d1.1")
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    with pytest.raises(BackendNotUp, match=r"d9\.1"):
        gateway.admin.shift([backend("d9.1", 100)], timeout_seconds=0.3)
    assert shares(gateway.client(), 10) == {"v1": 10}
    assert weights(gateway.admin) == {"d1.1": 100, "d9.1": 0}


def test_a_deployment_answers_with_those_of_its_servers_that_are_up(
    gateway: RunningGateway, start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mltui.serving.admin.COMPANY_SECONDS", 0.3)
    start("d1.1"), start("d2.1")
    gateway.admin.shift([backend("d2.1", 100)], timeout_seconds=UP_SECONDS)
    gateway.admin.shift([backend("d1.1", 50), backend("d1.2", 50), backend("d2.1", 0)], timeout_seconds=UP_SECONDS)
    assert weights(gateway.admin) == {"d1.1": 50, "d1.2": 50, "d2.1": 0}
    assert shares(gateway.client(), 10) == {"v1": 10}


def test_a_server_of_weight_zero_need_not_be_up(gateway: RunningGateway, start) -> None:
    start("d1.1")
    gateway.admin.shift([backend("d1.1", 100), backend("d9.1", 0)], timeout_seconds=UP_SECONDS)
    assert shares(gateway.client(), 10) == {"v1": 10}


def test_a_shift_to_nobody_stops_the_endpoint(gateway: RunningGateway, start) -> None:
    start("d1.1")
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    gateway.admin.shift([], timeout_seconds=UP_SECONDS)
    assert gateway.client().predict(PICTURE).status == 503
    gateway.admin.shift([backend("d1.1", 1)], timeout_seconds=UP_SECONDS)
    assert gateway.client().predict(PICTURE).status == 200


def test_a_removed_server_is_forgotten_and_can_come_back(gateway: RunningGateway, start) -> None:
    start("d1.1"), start("d2.1")
    gateway.admin.shift([backend("d1.1", 50), backend("d2.1", 50)], timeout_seconds=UP_SECONDS)
    assert shares(gateway.client(), 10) == {"v1": 5, "v2": 5}
    gateway.admin.remove("d1.1", drain_seconds=5)
    gateway.admin.remove("d1.1", drain_seconds=5)
    assert weights(gateway.admin) == {"d2.1": 50}
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    assert shares(gateway.client(), 10) == {"v1": 10}


def test_a_shift_takes_up_a_server_whose_removal_was_broken_off(gateway: RunningGateway, start) -> None:
    start("d1.1")
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    gateway.admin.command("set server production/d1.1 state maint")
    assert not gateway.admin.servers()[0].is_up
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    assert gateway.client().predict(PICTURE).status == 200


def test_a_server_in_the_file_is_served_as_soon_as_it_comes_up(
    tmp_path: Path, start, start_gateway, endpoint: str
) -> None:
    gateway = start_gateway(tmp_path, backend("d1.1", 100), backend("d2.1", 0), endpoint=endpoint)
    assert gateway.client().predict(PICTURE).status == 503
    start("d1.1")
    wait_until(lambda: gateway.client().predict(PICTURE).status == 200, "an answer after the start")
    gateway.admin.remove("d2.1", drain_seconds=1)
    assert weights(gateway.admin) == {"d1.1": 100}


def test_a_server_that_dies_is_noticed_and_one_that_returns_too(gateway: RunningGateway, start) -> None:
    server = start("d1.1")
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    server.process.kill()
    wait_until(lambda: not gateway.admin.servers()[0].is_up, "the gateway to notice")
    assert gateway.client().predict(PICTURE).body["error"]["code"] == "no_server"
    start("d1.1")
    wait_until(lambda: gateway.client().predict(PICTURE).status == 200, "an answer after the return")


def test_refusals_of_the_server_come_through(gateway: RunningGateway, start) -> None:
    start("d1.1")
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    assert gateway.client().predict(b"x" * 5_000_000).body["error"]["code"] == "too_many_bytes"
    assert gateway.client().predict(b"broken").body["error"]["code"] == "unreadable_picture"


def test_two_replicas_that_keep_bodies_lose_none_when_one_is_killed(
    tmp_path: Path, start, start_gateway, endpoint: str
) -> None:
    gateway = start_gateway(tmp_path, endpoint=endpoint, habits=GatewayHabits(replay_bytes=131072))
    doomed, _ = start("d1.1"), start("d2.1")
    gateway.admin.shift([backend("d1.1", 50), backend("d2.1", 50)], timeout_seconds=UP_SECONDS)
    with Callers(endpoint, PICTURE) as callers:
        callers.wait_for(100)
        doomed.process.kill()
        callers.wait_for(300)
    assert callers.failures == []


def test_two_replicas_that_keep_bodies_lose_none_when_one_hangs(
    tmp_path: Path, start, start_gateway, endpoint: str
) -> None:
    gateway = start_gateway(tmp_path, endpoint=endpoint, habits=GatewayHabits(replay_bytes=131072))
    hung, _ = start("d1.1"), start("d2.1")
    gateway.admin.shift([backend("d1.1", 50), backend("d2.1", 50)], timeout_seconds=UP_SECONDS)
    with Callers(endpoint, PICTURE) as callers:
        callers.wait_for(100)
        os.kill(hung.process.pid, signal.SIGSTOP)
        wait_until(lambda: [state.is_up for state in gateway.admin.servers()] == [False, True], "one is down")
        callers.wait_for(300)
    assert callers.failures == []


@pytest.mark.parametrize("said", [None, "nothing"])
def test_a_gateway_that_is_not_there_is_unreachable(tmp_path: Path, said: str | None) -> None:
    folder = tmp_path / "production"
    if said is not None:
        folder.mkdir()
    admin = GatewayAdmin(folder)
    assert not admin.is_answering()
    with pytest.raises(GatewayUnreachable):
        admin.servers()
    with pytest.raises(GatewayUnreachable):
        admin.shift([], timeout_seconds=1)


def test_a_gateway_of_another_environment_is_not_taken_for_ours(tmp_path: Path, gateway: RunningGateway) -> None:
    (tmp_path / "staging").symlink_to(tmp_path / "production")
    with pytest.raises(GatewayUnreachable, match="No such proxy"):
        GatewayAdmin(tmp_path / "staging").servers()


def test_shifts_under_load_lose_no_request(tmp_path: Path, start_server, start_gateway, endpoint: str) -> None:
    """Four deployments one after another, half of them through a step of 5 %, each old server removed and stopped."""
    model = make_picture_model(tmp_path / "model", spec=picture_spec())
    body = PICTURE + bytes(100_000 - len(PICTURE))
    gateway = start_gateway(tmp_path, endpoint=endpoint)
    servers = {1: start_server(tmp_path / "d1.1", model, version="v1")}
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    with Callers(endpoint, body) as callers:
        for number in range(2, 6):
            old, new = f"d{number - 1}.1", f"d{number}.1"
            servers[number] = start_server(tmp_path / new, model, version=f"v{number}")
            if number % 2:
                gateway.admin.shift([backend(old, 95), backend(new, 5)], timeout_seconds=UP_SECONDS)
                callers.wait_for(60)
            gateway.admin.shift([backend(new, 100), backend(old, 0)], timeout_seconds=UP_SECONDS)
            gateway.admin.remove(old, drain_seconds=10)
            assert servers[number - 1].stop() == 0
            callers.wait_for(60)
    assert callers.failures == []
    assert callers.versions.keys() == {f"v{number}" for number in range(1, 6)}


def test_no_answer_of_the_old_server_comes_long_after_the_shift(gateway: RunningGateway, start) -> None:
    start("d1.1"), start("d2.1")
    gateway.admin.shift([backend("d1.1", 100)], timeout_seconds=UP_SECONDS)
    with Callers(gateway.endpoint, PICTURE) as callers:
        callers.wait_for(50)
        gateway.admin.shift([backend("d2.1", 100)], timeout_seconds=UP_SECONDS)
        time.sleep(0.5)  # what was under way at the shift is answered by then
        before = callers.versions["v1"]
        callers.wait_for(200)
        assert callers.versions["v1"] == before
    assert callers.failures == []


def test_a_client_says_what_it_could_not_reach(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(ServerUnreachable, match=r"GET /ready"):
        PredictionClient.over_tcp(endpoint).ready()
    with pytest.raises(ServerUnreachable, match=r"POST /predict"):
        PredictionClient.over_socket(tmp_path).predict(PICTURE)
    with pytest.raises(ServerUnreachable, match=r"folder"):
        PredictionClient.over_socket(tmp_path / "nowhere")
