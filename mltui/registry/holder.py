"""Who holds the registry while others wait; a worker that stands still inside of a transaction is ended for them."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mltui.registry.worker as worker
from mltui.domain.job import Heartbeat
from mltui.errors import Conflict
from mltui.processes import is_stopped, start_ticks

WRITE_LOCK_BYTE = 120
"""Of the -shm file: https://www.sqlite.org/walformat.html, section 2.3."""
END_SECONDS = 5.0
SILENT = timedelta(seconds=20)
"""A worker that lives beats every two seconds, as soon as it may write."""
LOOK_SECONDS = 1.0


def holder(path: Path) -> int | None:
    """Process that writes, or stands inside of a transaction. The -shm file is not opened for that: a process that
    closes a file loses all of its locks on it."""
    try:
        inode = str(path.with_name(f"{path.name}-shm").stat().st_ino)
        lines = Path("/proc/locks").read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    return next((pid for line in lines if (pid := _writer(line, inode)) is not None), None)


def _writer(line: str, inode: str) -> int | None:
    """Of a line as `1: POSIX  ADVISORY  WRITE 1234 fe:00:5678 120 120`; those that wait have `->` before the kind."""
    match line.split():
        case [_, "POSIX", _, "WRITE", pid, place, first, last] if place.rpartition(":")[2] == inode:
            reaches = last == "EOF" or int(last) >= WRITE_LOCK_BYTE
            return int(pid) if int(first) <= WRITE_LOCK_BYTE and reaches else None
    return None


def try_free(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether it was a worker that stands still, and has been ended: the next one takes its work up."""
    pid, beat = holder(path), worker.read(connection)
    if beat is None or pid != beat.pid or pid == os.getpid() or start_ticks(beat.pid) != beat.start_ticks:
        return False
    if not is_stopped(beat.pid) and not _stands_still(beat, path):
        return False
    with contextlib.suppress(ProcessLookupError):
        try:
            os.kill(beat.pid, signal.SIGKILL)
        except PermissionError:
            return False
    return _is_gone(beat.pid, beat.start_ticks)


def _stands_still(beat: Heartbeat, path: Path) -> bool:
    """Whether it has been silent for long, and does not let go of the registry while that is looked at."""
    if datetime.now(UTC) - beat.at < SILENT:
        return False
    deadline = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < deadline:
        if holder(path) != beat.pid:
            return False
        time.sleep(0.02)
    return True


def _is_gone(pid: int, ticks: int) -> bool:
    deadline = time.monotonic() + END_SECONDS
    while start_ticks(pid) == ticks:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def held(path: Path, error: Conflict) -> Conflict:
    """The error, with whom to ask."""
    pid = holder(path)
    if pid is None or pid == os.getpid():
        return error
    who = f"process {pid}{_owned(pid)}"
    if is_stopped(pid):
        hint = f"let it go on with kill -CONT {pid}, or end it with kill -KILL {pid}"
        return Conflict(f"the registry is held by {who}, which is stopped", hint=hint, code=error.code)
    hint = f"try again in a few seconds; if it does not let go, kill -KILL {pid} ends it, and nothing is lost by that"
    return Conflict(f"the registry is held by {who}", hint=hint, code=error.code)


def _owned(pid: int) -> str:
    try:
        return f" of {Path(f'/proc/{pid}').owner()}"
    except (OSError, KeyError):
        return ""
