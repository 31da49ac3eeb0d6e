"""Shims as the engine sees them: started, waited for, told to stop."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from mltui.engines.process_state import Running
from mltui.errors import WorkFailed

START_SECONDS = 60
_PACKAGE_ROOT = Path(__file__).parents[2]
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from mltui.engines.shim import main; main(sys.argv[2:])"
_ERRORS_FILE = "shim.err"
_LONGEST_POLL_SECONDS = 1.0


def start_shim(folder: Path, *, generation: int, lock: int) -> None:
    """Returns when the program has been executed; raises `WorkFailed` when it cannot be.

    `lock` is the descriptor of a held lock, which the shim lets go when it has written down that it is there: so no
    second one is started even if this process dies meanwhile.
    """
    reading, writing = os.pipe()
    try:
        with (folder / _ERRORS_FILE).open("ab") as errors:
            starter = spawn(folder, generation=generation, lock=lock, report=writing, errors=errors)
    finally:
        os.close(writing)
    with open(reading, "rb", buffering=0) as report:
        answer = _read_report(report.fileno())
    starter.wait()
    if answer != "started":
        errors_text = (folder / _ERRORS_FILE).read_text(encoding="utf-8", errors="replace").strip()
        reason = answer.removeprefix("failed: ") or errors_text.rpartition("\n")[2] or "it says nothing"
        raise WorkFailed(f"{folder.name} cannot start: {reason}", hint="Look at the program, its workdir and the disk.")


def spawn(folder: Path, *, generation: int, lock: int, report: int, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """The process ends as soon as the shim has left it."""
    arguments = [str(_PACKAGE_ROOT), str(folder), str(generation), str(lock), str(report)]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _BOOT, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        cwd="/",
        env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
        pass_fds=(lock, report),
    )


def _read_report(fd: int) -> str:
    deadline = time.monotonic() + START_SECONDS
    text = b""
    while select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
        data = os.read(fd, 4096)
        if not data:
            break
        text += data
    return text.decode("utf-8", errors="replace")


def await_end(running: Running, *, timeout_seconds: float) -> None:
    """Returns when the shim has ended, or somewhat earlier: the caller looks again."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(running.pid)
        try:
            if running.is_alive:
                select.select([handle], [], [], min(timeout_seconds, _LONGEST_POLL_SECONDS))
        finally:
            os.close(handle)


def ask_to_stop(running: Running) -> None:
    """SIGTERM, never to a stranger who got the same pid."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(running.pid)
        try:
            if running.is_alive:
                signal.pidfd_send_signal(handle, signal.SIGTERM)
        finally:
            os.close(handle)
