"""A server that is ready, says that it is the right one, and answers wrongly: it takes another one's socket over."""

from __future__ import annotations

import json
import os
import signal
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from stories.soundness import pids_of

from mltui.serving.client import PredictionClient
from mltui.worker.environments.servers import SOCKET
from mltui.workspace import Workspace


@contextmanager
def impostor_of(workspace: Workspace, server: str) -> Iterator[None]:
    """Until the exit, everybody who asks `server` is answered by the impostor, and its shim cannot start it again."""
    folder = workspace.sockets_folder / server
    with PredictionClient.over_socket(folder) as client:
        ready = client.ready()
    shim, program = pids_of(workspace, server)
    os.kill(shim, signal.SIGSTOP)
    os.kill(program, signal.SIGKILL)
    with _Server(folder / SOCKET, ready) as impostor:
        thread = threading.Thread(target=impostor.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            impostor.shutdown()
            thread.join()
            os.kill(shim, signal.SIGCONT)


class _Answers(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(self.server.ready)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer({"version": self.server.ready["version"], "label": "neither", "scores": {}})

    def _answer(self, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        return


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Any, ready: dict[str, Any]) -> None:
        self.ready = ready
        path.unlink()
        descriptor = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            super().__init__(f"/proc/self/fd/{descriptor}/{path.name}", _Answers)
        finally:
            os.close(descriptor)

    def get_request(self) -> Any:
        connection, _ = super().get_request()
        return connection, ("impostor", 0)
