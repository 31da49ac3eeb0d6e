"""The command line as a person's shell runs it, in a process group of its own; and the worker that it leaves behind."""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stories.conftest import end
from stories.loans import hold_worker_lock
from stories.soundness import await_that

from mltui.processes import start_ticks
from mltui.registry import worker as heartbeat
from mltui.worker.__main__ import LOCK_FILE
from mltui.workspace import Workspace


def shell(workspace: Workspace, words: str, *, directory: Path) -> subprocess.Popen[bytes]:
    """`mltui WORDS` under a shell that leads a session, as a terminal starts it."""
    program = f"{shlex.quote(sys.executable)} -m mltui --workspace {shlex.quote(str(workspace.folder))} {words}"
    return subprocess.Popen(
        ["sh", "-c", f"{program}; true"],
        cwd=directory,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def mltui(workspace: Workspace, words: str, *, directory: Path) -> None:
    assert shell(workspace, words, directory=directory).wait(60) == 0


def kill_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def worker_pids(workspace: Workspace) -> set[int]:
    """Processes that were started as this workspace's worker, whether they stay or not."""
    wanted = ["-m", "mltui.worker", str(workspace.folder)]
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
        except OSError:
            continue
        if words[-3:] == wanted and start_ticks(int(path.parent.name)):
            found.add(int(path.parent.name))
    return found


def worker_pid(workspace: Workspace) -> int | None:
    """Of the worker that beats, if it lives."""
    beat = heartbeat.read(workspace.registry.read())
    return beat.pid if beat is not None and start_ticks(beat.pid) == beat.start_ticks else None


def kill_worker(workspace: Workspace) -> None:
    pid = worker_pid(workspace)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await_that(lambda: worker_pid(workspace) is None, what="the worker is gone")


@contextmanager
def no_worker(workspace: Workspace) -> Iterator[None]:
    """Until the exit, whatever worker an operation starts ends at once."""
    with (workspace.folder / LOCK_FILE).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def put_away(workspace: Workspace) -> None:
    """Workers first, so that none of them brings back what is removed."""
    while pids := worker_pids(workspace):
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    hold_worker_lock(workspace)
    end(workspace)
    workspace.close()
