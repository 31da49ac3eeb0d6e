"""Sees to it that a worker is there, and wakes it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from mltui.domain.job import Heartbeat
from mltui.errors import Refused
from mltui.operations.acting.build import build
from mltui.processes import start_ticks
from mltui.registry import worker as heartbeat
from mltui.workspace import Workspace

WAKE_SOCKET = "worker.sock"
HANGS_AFTER = timedelta(seconds=20)
HANGS_SOON_AFTER = timedelta(seconds=5)
"""For those who wait for an answer and not for work; a heartbeat comes every two seconds."""
KILL_SECONDS = 10.0
OUTDATED_SECONDS = 5.0
"""For a worker of another build to put down what it is at."""
_ALLOWED = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SHELL", "LD_LIBRARY_PATH",
    "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NO_PROXY",
}  # fmt: skip
_ALLOWED_PREFIXES = ("LC_", "DOCKER_", "XDG_", "PIP_", "HTTP_", "HTTPS_", "http_", "https_", "no_proxy", "PYTHONPATH")


def wake_worker(workspace: Workspace, *, hangs_after: timedelta = HANGS_AFTER) -> None:
    """Wakes the worker; starts one when there is none, and replaces one that does not answer any more, or is of another
    build than this program."""
    beat = living_worker(workspace)
    if beat is not None:
        if workspace.now() - beat.at >= hangs_after:
            _end_hanging(beat)
        elif knock(workspace.folder) and not _is_ended_as_outdated(beat):
            return
    start_worker(workspace.folder)


def _is_ended_as_outdated(beat: Heartbeat) -> bool:
    """Whether it was asked to end; one that takes long has the next one wait for it. Another user's works on."""
    if beat.build == build():
        return False
    try:
        _signal(beat, signal.SIGTERM)
    except Refused:
        return False
    _await_end(beat, timeout_seconds=OUTDATED_SECONDS)
    return True


def worker_is_there(workspace: Workspace, *, hangs_after: timedelta = HANGS_AFTER) -> bool:
    """Whether the process of the last heartbeat lives and was heard of lately."""
    beat = living_worker(workspace)
    return beat is not None and workspace.now() - beat.at < hangs_after


def is_ending(workspace: Workspace) -> bool:
    """Whether a worker is there that takes nothing up any more: its process lives, its wake socket is gone."""
    return living_worker(workspace) is not None and not knock(workspace.folder)


def knock(folder: Path) -> bool:
    """Whether somebody listens on the workspace's wake socket."""
    with _ShortPath(folder) as place, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        try:
            client.sendto(b"work", f"{place}/{WAKE_SOCKET}")
        except BlockingIOError:
            return True
        except OSError:
            return False
    return True


@contextlib.contextmanager
def wake_socket(folder: Path) -> Iterator[socket.socket]:
    """The socket that `knock` writes to; who finds it gone starts another worker, which waits for this one's end."""
    (folder / WAKE_SOCKET).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        with _ShortPath(folder) as place:
            server.bind(f"{place}/{WAKE_SOCKET}")
        (folder / WAKE_SOCKET).chmod(0o660)
        try:
            yield server
        finally:
            (folder / WAKE_SOCKET).unlink(missing_ok=True)


def start_worker(folder: Path) -> None:
    """In a session of its own, with nothing of this terminal, in an environment without secrets and git's variables."""
    nothing = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-P", "-m", "mltui.worker", str(folder)],  # -P: no module of the folder it is started in
        worker_environment(dict(os.environ)),
        file_actions=nothing,
        setsid=True,
    )


def worker_environment(environment: dict[str, str]) -> dict[str, str]:
    return {
        name: value for name, value in environment.items() if name in _ALLOWED or name.startswith(_ALLOWED_PREFIXES)
    }


def stop_worker(workspace: Workspace, *, timeout_seconds: float = 30.0) -> bool:
    """Ends the worker in order, its jobs left for the next one; whether it has ended, or none was there."""
    beat = living_worker(workspace)
    if beat is None:
        return True
    _signal(beat, signal.SIGTERM)
    return _await_end(beat, timeout_seconds=timeout_seconds)


def kill_worker(workspace: Workspace) -> bool:
    """Without order; whether none is left."""
    beat = living_worker(workspace)
    return True if beat is None else _end_hanging(beat)


def living_worker(workspace: Workspace) -> Heartbeat | None:
    """The last heartbeat, if the process that gave it lives."""
    beat = heartbeat.read(workspace.registry.read())
    return beat if beat is not None and start_ticks(beat.pid) == beat.start_ticks else None


def _end_hanging(beat: Heartbeat) -> bool:
    """Returns when it is gone, and its lock with it; whether that was in time."""
    _signal(beat, signal.SIGKILL)
    return _await_end(beat, timeout_seconds=KILL_SECONDS)


def _signal(beat: Heartbeat, number: signal.Signals) -> None:
    try:
        os.kill(beat.pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        owner = Path(f"/proc/{beat.pid}").owner()
        raise Refused(
            f"worker {beat.pid} belongs to {owner}", hint=f"{owner} or root can end it: mltui worker stop"
        ) from error


def _await_end(beat: Heartbeat, *, timeout_seconds: float) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while start_ticks(beat.pid) == beat.start_ticks:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class _ShortPath:
    """The folder as `/proc/self/fd/N`, because the path of a unix socket ends at 107 bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        self._descriptor = os.open(self._folder, os.O_PATH | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._descriptor}"

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
