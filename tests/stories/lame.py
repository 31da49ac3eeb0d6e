"""A server that is ready and right for the most part: some answers are 5xx, or all of them late."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from PIL import Image, ImageStat
from stories.soundness import pids_of

from mltui.processes import start_ticks
from mltui.serving.answers import Identity
from mltui.serving.client import PredictionClient
from mltui.serving.metrics import RequestMetrics
from mltui.worker.environments.servers import SOCKET
from mltui.workspace import Workspace


@contextmanager
def lame(
    workspace: Workspace, server: str, picture: bytes, *, fails_each: int = 10**9, late_seconds: float = 0.0
) -> Iterator[None]:
    """Until the exit, a substitute answers everybody who asks `server`, whose shim cannot start it again, as long as
    that lives.

    It is lame for this picture alone, so that smoke cases do not tell.
    """
    folder = workspace.sockets_folder / server
    with PredictionClient.over_socket(folder) as client:
        ready = client.ready()
    shim, program = pids_of(workspace, server)
    os.kill(shim, signal.SIGSTOP)
    os.kill(program, signal.SIGKILL)
    with _Server(folder / SOCKET, ready, _Lameness(picture, fails_each, late_seconds), shim) as substitute:
        thread = threading.Thread(target=substitute.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            substitute.shutdown()
            thread.join()
            with suppress(ProcessLookupError):  # whoever started the server anew has ended it
                os.kill(shim, signal.SIGCONT)


class _Lameness:
    def __init__(self, picture: bytes, fails_each: int, late_seconds: float) -> None:
        self._picture, self._fails_each, self._late_seconds = picture, fails_each, late_seconds
        self._count = itertools.count(1)

    def met(self, given: bytes) -> int:
        """The status, as late as it is."""
        if given != self._picture:
            return 200
        time.sleep(self._late_seconds)
        return 500 if next(self._count) % self._fails_each == 0 else 200


class _Answers(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(200, self.server.metrics_text() if self.path == "/metrics" else self.server.ready)

    def do_POST(self) -> None:
        began = time.perf_counter()
        given = self.rfile.read(int(self.headers["content-length"]))
        label, status = _label(given), self.server.lameness.met(given)
        self.server.metrics.took(time.perf_counter() - began)
        said = {"version": self.server.ready["version"], "label": label, "score": 1.0, "scores": {label: 1.0}}
        self._answer(status, said)

    def _answer(self, status: int, body: dict[str, Any] | str) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.send_header("x-mltui-version", str(self.server.ready["version"]))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        return


def _label(picture: bytes) -> str:
    return "light" if ImageStat.Stat(Image.open(io.BytesIO(picture))).mean[0] > 127 else "dark"


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, ready: dict[str, Any], lameness: _Lameness, shim: int) -> None:
        self.ready, self.lameness, self.metrics, self._shim = ready, lameness, RequestMetrics(), shim
        path.unlink()
        descriptor = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            super().__init__(f"/proc/self/fd/{descriptor}/{path.name}", _Answers)
        finally:
            os.close(descriptor)

    def metrics_text(self) -> str:
        identity = Identity(*(str(self.ready[name]) for name in ("version", "package", "deployment")))
        return self.metrics.text(identity, peak_memory_bytes=0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asked may be gone before it is answered."""

    def get_request(self) -> Any:
        connection, _ = super().get_request()
        if start_ticks(self._shim) is None:
            connection.close()
            raise ConnectionAbortedError
        return connection, ("lame", 0)
