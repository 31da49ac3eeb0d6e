"""Handles to servers and gateways that tests have started."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from mltui.serving.admin import GatewayAdmin
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.folder import OpenFolder

PATIENCE_SECONDS = 30.0


def wait_until(is_done: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, f"{what} within {seconds} s"
        time.sleep(0.01)


@dataclass(frozen=True)
class RunningServer:
    process: subprocess.Popen[bytes]
    folder: Path
    """Holds `s.sock`."""

    def client(self) -> PredictionClient:
        return PredictionClient.over_socket(self.folder)

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}"
        try:
            with self.client() as client:
                return bool(client.ready()["ready"])
        except ServerUnreachable:
            return False

    def said(self) -> str:
        """All that it wrote to stderr."""
        return (self.folder / "stderr.txt").read_text("utf-8")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


@dataclass(frozen=True)
class RunningGateway:
    process: subprocess.Popen[bytes]
    endpoint: str
    admin: GatewayAdmin

    def client(self) -> PredictionClient:
        return PredictionClient.over_tcp(self.endpoint)


def raw(folder: Path, request: bytes) -> bytes:
    """The bytes that come back until the server closes; whoever is late in sending is cut off."""
    received = b""
    with connected(folder) as connection:
        with suppress(BrokenPipeError):
            connection.sendall(request)
        with suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
    return received


def connected(folder: Path) -> socket.socket:
    with closing(OpenFolder(folder)) as opened:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(opened.path("s.sock"))
    return connection
