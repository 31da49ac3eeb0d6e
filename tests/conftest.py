"""Fixtures for every room: no network beyond loopback, no home, no settings of the person who runs the tests."""

from __future__ import annotations

import functools
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from mltui.engines import docker_answers
from mltui.errors import MltuiError

_REQUIRE_DOCKER = "MLTUI_REQUIRE_DOCKER"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "docker: needs a Docker Engine that answers")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") is None or _has_docker():
        return
    if os.environ.get(_REQUIRE_DOCKER) == "1":
        pytest.fail("no Docker Engine answers, and MLTUI_REQUIRE_DOCKER=1 asks for one", pytrace=False)
    pytest.skip("no Docker Engine answers")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Once, when all test processes have ended."""
    if hasattr(session.config, "workerinput") or not _has_docker():
        return
    from leftovers import clear_away

    try:
        clear_away(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    except MltuiError as error:
        print(f"the Docker Engine is left as it is: {error.message}")


@functools.cache
def _has_docker() -> bool:
    return docker_answers()


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith(("MLTUI_", "GIT_")) and name != _REQUIRE_DOCKER]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _only_nearby(getattr(socket.socket, name)))


def _only_nearby(connect: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(connect)
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(str(address[0])):
            raise AssertionError(f"a test tried to reach {address[0]}: only loopback and unix sockets are open")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
