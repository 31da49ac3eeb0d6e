"""Fixtures for every room: no network beyond loopback, no home, no settings of the person who runs the tests."""

from __future__ import annotations

import functools
import gc
import itertools
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mltui.engines import docker_answers
from mltui.errors import MltuiError

_REQUIRE_DOCKER = "MLTUI_REQUIRE_DOCKER"
_HOMES = itertools.count()
_WAITING_ROOMS = {"chaos", "stories", "serving", "engines", "worker"}
"""Whose files have few long tests that wait for processes more than they count."""
_LONG = {
    "test_console.py", "test_foreign_text.py", "test_output_for_people.py", "test_snapshots.py", "test_terminals.py",
    "test_train_image.py", "test_train_table.py", "test_unattended.py", "test_weather.py",
}  # fmt: skip
"""Files elsewhere that take half a minute and more: begun last, one would leave the other test process idle."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "docker: needs a Docker Engine that answers")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of hundreds of processes compiles all that it imports
    sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spreads the files that wait, or take long, among the others, and has them begun before the end comes near.

    A test process that waits leaves its core to another; none waits alone at the end.
    """
    files = list(dict.fromkeys(item.path for item in items))
    early = [file for file in files if file.parent.name in _WAITING_ROOMS or file.name in _LONG]
    others = [file for file in files if file not in early]
    turn = {file: 0.7 * at / len(early) for at, file in enumerate(early)}
    turn |= {file: at / len(others) for at, file in enumerate(others)}
    items.sort(key=lambda item: turn[item.path])


def pytest_collection_finish() -> None:
    """Thousands of tests stay to the end; no search for garbage looks at them again."""
    gc.collect()
    gc.freeze()


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
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(_HOMES))  # `mktemp` reads all names that there are
    home.mkdir(parents=True)
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
