"""What a real gateway does beyond spreading requests: it keeps a caller with one version, and tells Prometheus."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving_models import make_picture_model, plain
from serving_processes import RunningGateway, wait_until

from mltui.serving.gateway import Backend, GatewayHabits

UP_SECONDS = 20.0
USERS = [f"user-{number}" for number in range(60)]


def backend(name: str, weight: int) -> Backend:
    return Backend(name, f"{name}/s.sock", weight)


def ask(endpoint: str, path: str, *, body: bytes | None = None, user: str = "") -> tuple[int, str, str]:
    """Status, version and text."""
    host, _, port = endpoint.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    headers = {"content-type": "image/png"} | ({"x-user": user} if user else {})
    connection.request("POST" if body else "GET", path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get("x-mltui-version", ""), text


def versions(endpoint: str) -> dict[str, str]:
    """User → version."""
    return {user: ask(endpoint, "/predict", body=plain("red"), user=user)[1] for user in USERS}


@pytest.fixture
def start(tmp_path: Path, start_server) -> Callable[[str], object]:
    model = make_picture_model(tmp_path / "model")
    return lambda name: start_server(tmp_path / name, model, version=f"v{name[1]}")


def test_a_caller_stays_with_a_version_while_the_shares_hold(
    tmp_path: Path, start, start_gateway, endpoint: str
) -> None:
    habits = GatewayHabits(sticky_header="x-user")
    start("d1.1"), start("d2.1")
    gateway: RunningGateway = start_gateway(tmp_path, backend("d1.1", 100), endpoint=endpoint, habits=habits)
    gateway.admin.shift([backend("d1.1", 70), backend("d2.1", 30)], timeout_seconds=UP_SECONDS)
    found = versions(endpoint)
    assert versions(endpoint) == found
    assert 6 <= list(found.values()).count("v2") <= 30
    gateway.process.kill(), gateway.process.wait()
    both = (backend("d2.1", 30), backend("d1.1", 70))
    gateway = start_gateway(tmp_path, *both, endpoint=endpoint, habits=habits)
    wait_until(lambda: all(state.is_up for state in gateway.admin.servers()), "both are up")
    assert versions(endpoint) == found, "the order in which a gateway came to know its servers moved callers"
    gateway.admin.shift([backend("d1.1", 100), backend("d2.1", 0)], timeout_seconds=UP_SECONDS)
    assert set(versions(endpoint).values()) == {"v1"}


def test_prometheus_reads_the_gateway_and_each_server_and_nobody_else_does(
    tmp_path: Path, start, start_gateway, endpoint: str
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        metrics = f"127.0.0.1:{probe.getsockname()[1]}"
    start("d1.1"), start("d2.1")
    gateway = start_gateway(tmp_path, endpoint=endpoint, habits=GatewayHabits(metrics=metrics))
    gateway.admin.shift([backend("d1.1", 100), backend("d2.1", 0)], timeout_seconds=UP_SECONDS)
    assert [ask(endpoint, "/predict", body=plain("red"))[0] for _ in range(5)] == [200] * 5
    status, _, text = ask(metrics, "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    answered = {
        (sample.labels["server"], sample.labels["code"]): sample.value
        for sample in families["haproxy_server_http_responses"].samples
        if sample.labels["proxy"] == "production"
    }
    assert (status, answered["d1.1", "2xx"], answered["d2.1", "2xx"]) == (200, 5, 0)
    for server, served in (("d1.1", 5), ("d2.1", 0)):
        status, version, text = ask(metrics, f"/metrics/{server}")
        assert (status, version) == (200, f"v{server[1]}")
        assert f'mltui_requests_total{{code="2xx"}} {served}' in text
    assert [ask(metrics, f"/metrics/{server}")[0] for server in ("d3.1", "d1.2")] == [404, 404]
    assert ask(metrics, "/predict", body=plain("red"))[0] == 404
    assert [ask(metrics, path)[0] for path in ("/", "/ready", "/metrics/", "/metrics/d1.1/x", "/metrics/x")] == [
        404
    ] * 5
    assert [ask(endpoint, path)[0] for path in ("/metrics", "/%6detrics", "/metrics?x", "/%6Detrics?x")] == [404] * 4
