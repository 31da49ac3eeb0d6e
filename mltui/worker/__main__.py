"""`python -m mltui.worker FOLDER`: one worker a workspace, on its own session, woken through a socket."""

from __future__ import annotations

import fcntl
import logging
import logging.handlers
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mltui.domain.run import WorkState
from mltui.errors import MltuiError
from mltui.operations.acting.build import build
from mltui.operations.acting.wake import is_ending, start_worker, wake_socket
from mltui.processes import start_ticks
from mltui.registry import events, jobs
from mltui.registry import worker as heartbeat
from mltui.worker.journal import WORKER
from mltui.workspace import WORKER_LOG_FILE, Workspace

if TYPE_CHECKING:
    from mltui.worker.loop import Worker

LOCK_FILE = "worker.lock"
HEARTBEAT_SECONDS = 2.0
ENDING_SECONDS = 60.0
"""How long a new worker waits for one that is at its end."""

BUILD = build()
"""As it was when this worker started."""

log = logging.getLogger("mltui.worker")


def main() -> int:
    folder = Path(sys.argv[1]).absolute()
    workspace = Workspace.open(folder)
    lock = _take_lock(workspace)
    if lock is None:
        return 0
    from mltui.worker.loop import Worker  # takes three times as long as to find a worker there, and end

    os.chdir(folder)
    _log_to(folder / WORKER_LOG_FILE)
    worker = Worker(workspace)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    try:
        _work(worker, workspace)
    finally:
        lock.close()
        _clear_heartbeat(workspace)
    if _has_come_late(workspace, worker):
        start_worker(folder)
    return 0


def _has_come_late(workspace: Workspace, worker: Worker) -> bool:
    """Whether somebody asked for work when this worker took nothing up any more."""
    left = jobs.unfinished(workspace.registry.read())
    return any(job.state is WorkState.QUEUED or not worker.is_stopped for job in left)


def _work(worker: Worker, workspace: Workspace) -> None:
    """Who hears its heart finds its socket too, until it takes nothing up any more."""
    with ExitStack() as until_the_end:
        with wake_socket(workspace.folder) as wake:
            until_the_end.enter_context(_heartbeat(workspace))
            until_the_end.enter_context(_on_record(workspace))
            worker.run(wait=lambda seconds: _wait(wake, seconds))
        worker.finish()


@contextmanager
def _on_record(workspace: Workspace) -> Iterator[None]:
    _say(workspace, "WorkerStarted")
    try:
        yield
    except Exception:
        log.exception("the worker ended")
        raise
    finally:
        _say(workspace, "WorkerStopped")


def _take_lock(workspace: Workspace) -> IO[str] | None:
    """None when another worker has it, and is there to stay."""
    lock = (workspace.folder / LOCK_FILE).open("a")
    deadline = time.monotonic() + ENDING_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if not is_ending(workspace) or time.monotonic() > deadline:
                lock.close()
                return None
            time.sleep(0.05)


def _wait(wake: socket.socket, seconds: float) -> None:
    wake.settimeout(seconds)
    try:
        wake.recv(16)
    except TimeoutError:
        return


@contextmanager
def _heartbeat(workspace: Workspace) -> Iterator[None]:
    """Beats while entered; a registry that cannot be written for a while does not end it."""

    def beat_on() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            try:
                _beat(workspace)
            except MltuiError as error:
                log.warning("no heartbeat: %s", error.message)

    ended = threading.Event()
    thread = threading.Thread(target=beat_on, name="heartbeat", daemon=True)
    _beat(workspace)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(workspace: Workspace) -> None:
    pid = os.getpid()
    with workspace.registry.write() as tx:
        heartbeat.beat(
            tx,
            pid=pid,
            start_ticks=start_ticks(pid) or 0,
            build=BUILD,
            host=socket.gethostname(),
            at=workspace.now(),
        )


def _clear_heartbeat(workspace: Workspace) -> None:
    """Unless the next worker has the lock, and beats, already."""
    with workspace.registry.write() as tx:
        beat = heartbeat.read(tx)
        if beat is not None and beat.pid == os.getpid():
            heartbeat.clear(tx)


def _say(workspace: Workspace, kind: str) -> None:
    with workspace.registry.write() as tx:
        events.append(tx, kind, "worker", {"pid": str(os.getpid())}, actor=WORKER, at=workspace.now())


def _log_to(path: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=4 * 2**20, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


if __name__ == "__main__":
    raise SystemExit(main())
