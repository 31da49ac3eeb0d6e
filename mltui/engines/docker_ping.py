"""Whether a Docker Engine answers, found out within a second and, where it can be, without the SDK."""

from __future__ import annotations

import http.client
import os
import socket
from urllib.parse import urlsplit

from mltui.errors import Unreachable

PING_SECONDS = 0.8
_DEFAULT_HOST = "unix:///var/run/docker.sock"
_DEFAULT_PORT = 2375


def answers() -> bool:
    host = urlsplit(os.environ.get("DOCKER_HOST") or _DEFAULT_HOST)
    if host.scheme == "unix":
        return _unix_answers(host.path)
    if host.scheme in ("tcp", "http") and not os.environ.get("DOCKER_TLS_VERIFY"):
        return _ping(http.client.HTTPConnection(host.hostname or "", host.port or _DEFAULT_PORT, timeout=PING_SECONDS))
    return _sdk_answers()


def _unix_answers(path: str) -> bool:
    connection = http.client.HTTPConnection("localhost", timeout=PING_SECONDS)
    with socket.socket(socket.AF_UNIX) as unix_socket:
        unix_socket.settimeout(PING_SECONDS)
        try:
            unix_socket.connect(path)
        except OSError:
            return False
        connection.sock = unix_socket
        return _ping(connection)


def _ping(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _sdk_answers() -> bool:
    from mltui.engines.docker_client import docker_errors, open_api

    try:
        with docker_errors("ping Docker"):
            return bool(open_api(timeout_seconds=PING_SECONDS).ping())
    except Unreachable:
        return False
