"""Whether a Docker Engine answers, found out within a second and without the SDK."""

from __future__ import annotations

import http.client
import os
import socket
from urllib.parse import SplitResult, urlsplit

PING_SECONDS = 0.8
_DEFAULT_HOST = "unix:///var/run/docker.sock"
_DEFAULT_PORT = 2375


def try_ping() -> bool | None:
    """None where only the SDK can tell: ssh, TLS."""
    host = _host()
    if host.scheme == "unix":
        return _unix_answers(host.path)
    if host.scheme in ("tcp", "http") and not os.environ.get("DOCKER_TLS_VERIFY"):
        return _ping(http.client.HTTPConnection(host.hostname or "", host.port or _DEFAULT_PORT, timeout=PING_SECONDS))
    return None


def knock() -> None:
    """Raises `OSError` where DOCKER_HOST means a unix socket that cannot be connected to."""
    host = _host()
    if host.scheme == "unix":
        _connected(host.path).close()


def _host() -> SplitResult:
    return urlsplit(os.environ.get("DOCKER_HOST") or _DEFAULT_HOST)


def _connected(path: str) -> socket.socket:
    unix_socket = socket.socket(socket.AF_UNIX)
    try:
        unix_socket.settimeout(PING_SECONDS)
        unix_socket.connect(path)
    except OSError:
        unix_socket.close()
        raise
    return unix_socket


def _unix_answers(path: str) -> bool:
    connection = http.client.HTTPConnection("localhost", timeout=PING_SECONDS)
    try:
        connection.sock = _connected(path)
    except OSError:
        return False
    return _ping(connection)


def _ping(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
