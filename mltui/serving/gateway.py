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

from mltui.serving.gateway_file import CONFIG, FAILURE, FAILURES, METRICS, NOT_FOUND, TLS, TOKEN

CONFIG_FILE = "haproxy.cfg"
ADMIN_SOCKET = "admin.sock"
MAX_WEIGHT = 256
THREADS = 2
"""Far more than enough: 25,000 requests a second."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SERVER = re.compile(r"d([0-9]{1,8})\.([1-9])")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_LISTEN = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}")
# Servers that are added at run time inherit nothing, so the same words stand in the file and in `add server`. One that
# hangs is down after two checks, 3 s each; what waits for it then is sent to another, or told so at once.
_SERVER_OPTIONS = (
    "check inter 500ms fastinter 100ms downinter 100ms rise 1 fall 2 observe layer4 error-limit 1"
    " on-marked-down shutdown-sessions maxconn 64"
)
# Not what a server answers by itself, but for 503: one that has just started says that it is not ready yet.
_RETRIED = "conn-failure empty-response junk-response 503"


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
class GatewayHabits:
    """How requests are handed on, and what is told of it; as the gateway began it goes on until its next start."""

    replay_bytes: int = 0
    """A body up to that size is kept until it is answered and sent to another server when its own dies; 0 for none.

    Worth its price (half the throughput at 128 kB) only where a version has two servers.
    """
    sticky_header: str | None = None
    """Requests with the same value go to the same server; those without it take turns."""
    metrics: str = ""
    """Host and port for Prometheus; empty for none."""

    def __post_init__(self) -> None:
        if self.sticky_header is not None and not is_header(self.sticky_header):
            raise ValueError(f"header {self.sticky_header!r} cannot be written into the gateway's file")
        if self.metrics and not _LISTEN.fullmatch(self.metrics):
            raise ValueError(f"metrics at {self.metrics!r} cannot be written into the gateway's file")


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

    @property
    def words(self) -> str:
        """What stands behind `server` and behind `add server`, but for the weight.

        The number makes a sticky request find the same server again whatever was added or started in what order.
        """
        found = _SERVER.fullmatch(self.name)
        number = f" id {int(found[1]) * 10 + int(found[2])}" if found else ""
        return f"unix@{self.socket}{number} {_SERVER_OPTIONS}"


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
    health: str = ""
    """What its last health check said, in the gateway's words: `DOWN, L7STS, 503 Service Unavailable`."""


def render(
    environment: str,
    listen: str,
    backends: Sequence[Backend],
    *,
    habits: GatewayHabits = GatewayHabits(),
    admin_mode: Literal["600", "660"] = "600",
    guard: GatewayGuard = GatewayGuard(),
) -> str:
    """The whole `haproxy.cfg`. With `admin_mode` 660 the gateway's group may steer it, as in a shared workspace."""
    if not _NAME.fullmatch(environment) or not _LISTEN.fullmatch(listen):
        raise ValueError(f"environment {environment!r} at {listen!r} cannot be written into the gateway's file")
    replay = ["option http-buffer-request", f"retry-on {_RETRIED}"] if habits.replay_bytes else []
    return CONFIG.format(
        environment=environment,
        listen=listen,
        tls="" if guard.certificate is None else TLS.format(certificate=guard.certificate),
        token="" if guard.authorization_sha256 is None else TOKEN.format(hash=guard.authorization_sha256.upper()),
        admin=ADMIN_SOCKET,
        admin_mode=admin_mode,
        threads=THREADS,
        global_lines=_indented([f"tune.bufsize {habits.replay_bytes + 16384}"] if habits.replay_bytes else []),
        default_lines=_indented(replay),
        balance=_indented(_balance(habits)),
        metrics=_metrics(environment, habits.metrics),
        not_found=NOT_FOUND,
        failures="\n".join(_failure(status) for status in FAILURES),
        servers=_indented(f"server {each.name} {each.words} weight {each.weight}" for each in backends),
    )


def deployment_of(server: str) -> str:
    """`d18` of `d18.2`."""
    return server.partition(".")[0]


def is_header(name: str) -> bool:
    """Whether a header's name can stand in the gateway's file."""
    return _HEADER.fullmatch(name) is not None


def arguments(environment: str) -> tuple[str, ...]:
    """Command line that runs the gateway in the foreground; its working folder is the parent of the environment's."""
    return ("haproxy", "-db", "-f", f"{environment}/{CONFIG_FILE}")


def add(environment: str, backend: Backend) -> str:
    """New servers start in maintenance, unchecked and without weight; `enable` comes next."""
    return f"add server {environment}/{backend.name} {backend.words} weight 0"


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


def renew(certificate: str, pem: bytes) -> tuple[str, str]:
    """Hands another certificate over, and puts it in the place of the one that the file names by this path.

    The text ends with its first blank line, and so holds none itself.
    """
    lines = [line for line in pem.decode("ascii", "replace").splitlines() if line.strip()]
    return "\n".join([f"set ssl cert {certificate} <<", *lines, ""]), f"commit ssl cert {certificate}"


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
        health=", ".join(filter(None, (row["status"], row["check_status"], row["last_chk"]))),
    )


def _balance(habits: GatewayHabits) -> tuple[str, ...]:
    """A hash finds the same server again while that does not count as down: on connections that are kept, all retries
    would be spent on a dead one within a millisecond; a new one is refused, and the next retry comes a second later."""
    if not habits.sticky_header:
        return ("balance roundrobin", "http-reuse safe")
    reuse = "never" if habits.replay_bytes else "safe"
    return (f"balance hdr({habits.sticky_header})", "hash-type consistent", f"http-reuse {reuse}")


def _metrics(environment: str, listen: str) -> str:
    if not listen:
        return ""
    return METRICS.format(environment=environment, listen=listen, not_found=NOT_FOUND)


def _failure(status: int) -> str:
    code, message = FAILURES[status]
    return FAILURE.format(status=status, code=code, message=message)


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
