"""The gateway's configuration, the commands of its admin socket, and what it says: text, and nothing is done with it.

HAProxy runs in the folder that holds `<environment>/haproxy.cfg`, `<environment>/admin.sock` and the servers' folders,
so that every socket's path is short. It is never reloaded: what changes while it runs goes through the admin socket.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

CONFIG_FILE = "haproxy.cfg"
ADMIN_SOCKET = "admin.sock"
MAX_WEIGHT = 256
THREADS = 2
"""Far more than enough: 25,000 requests a second."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LISTEN = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}")
# Servers that are added at run time inherit nothing, so the same words stand in the file and in `add server`.
_SERVER_OPTIONS = "check inter 500ms fastinter 100ms downinter 100ms rise 1 fall 2 maxconn 64"
_FAILURES = {
    400: ("not_http", "the request is not valid HTTP"),
    408: ("too_slow", "the request did not arrive in time"),
    500: ("gateway_failed", "a fault of the gateway"),
    502: ("server_failed", "the server broke off before it had answered"),
    503: ("no_server", "no server is in service here"),
    504: ("server_late", "the server did not answer in time"),
}

_CONFIG = """\
global
    stats socket unix@{environment}/{admin} mode {admin_mode} level admin
    stats timeout 10s
    log stderr format raw daemon notice
    nbthread {threads}
    fd-hard-limit 20000
    hard-stop-after 30s
{global_lines}
defaults
    mode http
    log global
    timeout connect 2s
    timeout client 30s
    timeout server 60s
    timeout http-request 10s
    timeout http-keep-alive 30s
    timeout queue 5s
    timeout check 5s
    retries 3
    option redispatch
{default_lines}
listen {environment}
    bind {listen}{tls}
    balance roundrobin
    http-reuse safe
    option httpchk GET /ready
    http-check expect status 200
    http-request set-var(txn.request_id) req.fhdr(x-request-id)
    http-request set-var(txn.request_id) uuid() unless {{ var(txn.request_id) -m reg ^[A-Za-z0-9._-]{{1,64}}$ }}
    http-request set-header x-request-id %[var(txn.request_id)]
{token}{failures}
{servers}
"""
_FAILURE = (
    "    http-error status {status} content-type application/json"
    ' lf-string \'{{"error":{{"code":"{code}","message":"{message}"}},"request_id":"%[var(txn.request_id)]"}}\''
    " hdr x-request-id %[var(txn.request_id)]"
)

_TLS = " ssl crt {certificate} ssl-min-ver TLSv1.2 alpn http/1.1"
# The header is compared by its hash: the file holds no word that opens anything, and no answer is early by a letter.
_TOKEN = """\
    http-request return status 401 content-type application/json \
lf-string '{{"error":{{"code":"no_token","message":"send the token of this endpoint: Authorization: Bearer TOKEN"}},\
"request_id":"%[var(txn.request_id)]"}}' hdr www-authenticate Bearer hdr x-request-id %[var(txn.request_id)] \
unless {{ req.fhdr(authorization),sha2(256),hex -m str {hash} }}
    http-request del-header authorization
"""


@dataclass(frozen=True, slots=True)
class GatewayGuard:
    """What a request has to bring before it reaches a server."""

    certificate: str | None = None
    """Path of a PEM file, with the key, from the gateway's working folder; None for plain HTTP."""
    authorization_sha256: str | None = None
    """Hash (hex) of the whole header `Authorization`; None where nobody has to send it."""

    def __post_init__(self) -> None:
        if self.certificate is not None and not _PATH.fullmatch(self.certificate):
            raise ValueError(f"certificate {self.certificate!r} cannot be written into the gateway's file")
        if self.authorization_sha256 is not None and not _SHA256.fullmatch(self.authorization_sha256):
            raise ValueError("the hash of a token is 64 hexadecimal digits")


@dataclass(frozen=True, slots=True)
class Backend:
    """One server behind a gateway."""

    name: str
    socket: str
    """Unix socket's path from the gateway's working folder: `d18.1/s.sock`."""
    weight: int
    """0–256, as a share of the sum over all servers; 0 receives nothing."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or not _PATH.fullmatch(self.socket):
            raise ValueError(f"backend {self.name!r} at {self.socket!r} cannot be written into the gateway's file")
        if not 0 <= self.weight <= MAX_WEIGHT:
            raise ValueError(f"backend {self.name!r} has weight {self.weight}, not one of 0 to {MAX_WEIGHT}")


@dataclass(frozen=True, slots=True)
class ServerState:
    """One server as the running gateway sees it."""

    name: str
    weight: int
    is_up: bool
    """Whether its last health check passed; false before the first one, and in maintenance."""
    sessions: int
    """Requests that it works on or that wait for it."""
    requests: int
    """Given to it since the gateway knows it, as all that follows."""
    answered: int = 0
    """With 2xx."""
    refused: int = 0
    """With 4xx."""
    failed: int = 0
    """With 5xx, or broken off before an answer was there."""


def render(
    environment: str,
    listen: str,
    backends: Sequence[Backend],
    *,
    replay_bytes: int = 0,
    admin_mode: Literal["600", "660"] = "600",
    guard: GatewayGuard = GatewayGuard(),
) -> str:
    """The whole `haproxy.cfg`. With `admin_mode` 660 the gateway's group may steer it, as in a shared workspace.

    With `replay_bytes` a body up to that size is kept until it is answered and sent to another server when its own
    dies. Worth its price (FACTS T29: half the throughput at 128 kB) only where an environment has two replicas.
    """
    if not _NAME.fullmatch(environment) or not _LISTEN.fullmatch(listen):
        raise ValueError(f"environment {environment!r} at {listen!r} cannot be written into the gateway's file")
    replay = ["option http-buffer-request", "retry-on all-retryable-errors"] if replay_bytes else []
    return _CONFIG.format(
        environment=environment,
        listen=listen,
        tls="" if guard.certificate is None else _TLS.format(certificate=guard.certificate),
        token="" if guard.authorization_sha256 is None else _TOKEN.format(hash=guard.authorization_sha256.upper()),
        admin=ADMIN_SOCKET,
        admin_mode=admin_mode,
        threads=THREADS,
        global_lines=_indented([f"tune.bufsize {replay_bytes + 16384}"] if replay_bytes else []),
        default_lines=_indented(replay),
        failures="\n".join(_failure(status) for status in _FAILURES),
        servers=_indented(
            f"server {each.name} unix@{each.socket} {_SERVER_OPTIONS} weight {each.weight}" for each in backends
        ),
    )


def arguments(environment: str) -> tuple[str, ...]:
    """Command line that runs the gateway in the foreground; its working folder is the parent of the environment's."""
    return ("haproxy", "-db", "-f", f"{environment}/{CONFIG_FILE}")


def add(environment: str, backend: Backend) -> str:
    """New servers start in maintenance, unchecked and without weight; `enable` comes next."""
    return f"add server {environment}/{backend.name} unix@{backend.socket} {_SERVER_OPTIONS} weight 0"


def enable(environment: str, name: str) -> str:
    return f"set server {environment}/{name} state ready; enable health {environment}/{name}"


def weigh(environment: str, name: str, weight: int) -> str:
    """Absolute: HAProxy takes percentages of the weight that a server had at first."""
    return f"set weight {environment}/{name} {weight}"


def drain(environment: str, name: str) -> str:
    return f"set server {environment}/{name} state drain"


def maintain(environment: str, name: str) -> str:
    return f"set server {environment}/{name} state maint"


def end_sessions(environment: str, name: str) -> str:
    return f"shutdown sessions server {environment}/{name}"


def delete(environment: str, name: str) -> str:
    """Refused unless the server is in maintenance and without connections."""
    return f"del server {environment}/{name}"


def show_servers(environment: str) -> str:
    return f"show stat {environment} 4 -1"


def together(commands: Iterable[str]) -> str:
    """One line that the gateway carries out from left to right, without a break."""
    return "; ".join(commands)


def parse_servers(text: str) -> list[ServerState]:
    """What `show_servers` is answered with; raises `ValueError` when it is something else."""
    if not text.startswith("# pxname,svname,"):
        raise ValueError(f"the gateway says {text.strip()[:200]!r}")
    rows = csv.DictReader(text.removeprefix("# ").strip().splitlines())
    return [_state(row) for row in rows]


def _state(row: dict[str, str]) -> ServerState:
    return ServerState(
        name=row["svname"],
        weight=int(row["uweight"]),
        is_up=row["status"].startswith(("UP", "DRAIN")) and row["check_status"].lstrip("* ") in ("L7OK", "L7OKC"),
        sessions=int(row["scur"]) + int(row["qcur"]),
        requests=int(row["stot"]),
        answered=int(row["hrsp_2xx"] or 0),
        refused=int(row["hrsp_4xx"] or 0),
        failed=int(row["hrsp_5xx"] or 0) + int(row["eresp"] or 0),
    )


def _failure(status: int) -> str:
    code, message = _FAILURES[status]
    return _FAILURE.format(status=status, code=code, message=message)


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
