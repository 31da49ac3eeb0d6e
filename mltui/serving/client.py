"""Asks a server, or an environment's endpoint, as a user would; for smoke, profile and the process that watches.

On `http.client`, since httpx (through httpcore 1.0.9) leaves a unix socket open that could not be connected.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from mltui.serving.folder import OpenFolder
from mltui.serving.pinned import pinned_connection

_ON_THIS_MACHINE = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}

Connect: TypeAlias = Callable[[], http.client.HTTPConnection]


class ServerUnreachable(Exception):
    """Nothing listens there, or it broke off or fell silent before it had answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, Any]
    """Empty where the answer is no JSON object."""
    milliseconds: float
    """From the connection's begin to the answer's last byte, as the caller sees it."""
    headers: Mapping[str, str]
    """Names in lower case."""


class PredictionClient:
    """One server. Each request takes a connection of its own, so that it holds none when the server is replaced.

    May be used from several threads at once.
    """

    def __init__(self, connect: Connect, *, folder: OpenFolder | None = None, token: str | None = None) -> None:
        self._connect = connect
        self._folder = folder
        self._authorization = {} if token is None else {"authorization": f"Bearer {token}"}

    @classmethod
    def over_socket(cls, folder: Path, name: str = "s.sock", *, timeout_seconds: float = 30.0) -> PredictionClient:
        """The server that listens in `folder`, which exists already; raises `ServerUnreachable`."""
        try:
            opened = OpenFolder(folder)
        except OSError as error:
            raise ServerUnreachable(f"the server's folder cannot be opened: {error.strerror}") from error
        return cls(lambda: _UnixConnection(opened.path(name), timeout_seconds), folder=opened)

    @classmethod
    def over_tcp(
        cls, endpoint: str, *, timeout_seconds: float = 30.0, pem: bytes | None = None, token: str | None = None
    ) -> PredictionClient:
        """`endpoint` is `host:port`. With `pem` over TLS, and with nobody who shows another certificate than that."""
        host, _, port = endpoint.rpartition(":")
        host = _ON_THIS_MACHINE.get(host, host.strip("[]"))

        def connect() -> http.client.HTTPConnection:
            if pem is None:
                return http.client.HTTPConnection(host, int(port), timeout=timeout_seconds)
            return pinned_connection(host, int(port), pem=pem, timeout_seconds=timeout_seconds)

        return cls(connect, token=token)

    def ready(self) -> dict[str, Any]:
        """What `GET /ready` says, with `ready` true or false; raises `ServerUnreachable`."""
        answer = self._ask("GET", "/ready", None, {})
        return {**answer.body, "ready": answer.status == 200 and answer.body.get("ready") is True}

    def predict(
        self, body: bytes | Mapping[str, Any], content_type: str | None = None, *, request_id: str | None = None
    ) -> Answer:
        """Any status is an answer; raises `ServerUnreachable`."""
        is_picture = isinstance(body, bytes)
        headers = {"content-type": content_type or ("application/octet-stream" if is_picture else "application/json")}
        if request_id is not None:
            headers["x-request-id"] = request_id
        return self._ask("POST", "/predict", body if isinstance(body, bytes) else json.dumps(body).encode(), headers)

    def metrics(self) -> str:
        """What `GET /metrics` says, empty where there is no such thing; raises `ServerUnreachable`."""
        status, _, content = self._exchanged("GET", "/metrics", None, {})
        return content.decode("utf-8", "replace") if status == 200 else ""

    def close(self) -> None:
        if self._folder is not None:
            self._folder.close()

    def __enter__(self) -> PredictionClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        started = time.perf_counter()
        status, given, content = self._exchanged(method, path, body, headers)
        milliseconds = (time.perf_counter() - started) * 1000
        return Answer(status, _object(content), milliseconds, {name.lower(): value for name, value in given})

    def _exchanged(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = self._connect()
        try:
            response = _exchange(connection, method, path, body, {**headers, **self._authorization})
            return response.status, response.getheaders(), response.read()
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise ServerUnreachable(f"{method} {path} was not answered: {reason}") from error
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_seconds: float) -> None:
        super().__init__("server", timeout=timeout_seconds)
        self._path = path
        self._seconds = timeout_seconds

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self._seconds)
        self.sock.connect(self._path)


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    connection.connect()
    with suppress(BrokenPipeError, ConnectionResetError):  # an early refusal stands there to be read all the same
        connection.request(method, path, body=body, headers=dict(headers))
    return connection.getresponse()


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
