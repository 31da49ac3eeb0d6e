"""Asks a server, or an environment's endpoint, as a user would; for smoke, profile and the process that watches."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mltui.serving.folder import OpenFolder

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 2.0


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
    """One server. Each request takes a connection of its own, so that it holds none when the server is replaced."""

    def __init__(self, client: httpx.Client, *, folder: OpenFolder | None = None) -> None:
        self._client = client
        self._folder = folder

    @classmethod
    def over_socket(cls, folder: Path, name: str = "s.sock", *, timeout_seconds: float = 30.0) -> PredictionClient:
        """The server that listens in `folder`, which exists already; raises `ServerUnreachable`."""
        try:
            opened = OpenFolder(folder)
        except OSError as error:
            raise ServerUnreachable(f"the server's folder cannot be opened: {error.strerror}") from error
        return cls(_client("http://server", timeout_seconds, uds=opened.path(name)), folder=opened)

    @classmethod
    def over_tcp(cls, endpoint: str, *, timeout_seconds: float = 30.0) -> PredictionClient:
        """`endpoint` is `host:port`."""
        return cls(_client(f"http://{endpoint}", timeout_seconds))

    def ready(self) -> dict[str, Any]:
        """What `GET /ready` says, with `ready` true or false; raises `ServerUnreachable`."""
        answer = self._ask("GET", "/ready")
        return {**answer.body, "ready": answer.status == 200 and answer.body.get("ready") is True}

    def predict(self, body: bytes | Mapping[str, Any], content_type: str | None = None) -> Answer:
        """Any status is an answer; raises `ServerUnreachable`."""
        if isinstance(body, bytes):
            return self._ask("POST", "/predict", body, content_type or "application/octet-stream")
        return self._ask("POST", "/predict", json.dumps(body).encode(), content_type or "application/json")

    def close(self) -> None:
        self._client.close()
        if self._folder is not None:
            self._folder.close()

    def __enter__(self) -> PredictionClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, method: str, path: str, body: bytes | None = None, content_type: str | None = None) -> Answer:
        import httpx

        headers = {} if content_type is None else {"content-type": content_type}
        started = time.perf_counter()
        try:
            response = self._client.request(method, path, content=body, headers=headers)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise ServerUnreachable(f"{method} {path} was not answered: {reason}") from error
        milliseconds = (time.perf_counter() - started) * 1000
        return Answer(response.status_code, _object(response.content), milliseconds, dict(response.headers))


def _client(base_url: str, timeout_seconds: float, *, uds: str | None = None) -> httpx.Client:
    """Proxies of the environment are left aside: what we ask is on this machine."""
    import httpx

    transport = httpx.HTTPTransport(uds=uds, limits=httpx.Limits(max_keepalive_connections=0))
    timeout = httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS)
    return httpx.Client(base_url=base_url, transport=transport, timeout=timeout, trust_env=False)


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
