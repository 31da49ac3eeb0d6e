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
from pathlib import Path

import mltui
from mltui.operations.wake import bind_wake_socket, start_ticks
from mltui.registry import events
from mltui.registry import worker as heartbeat
from mltui.worker.journal import WORKER
from mltui.worker.loop import HEARTBEAT_SECONDS, Worker
from mltui.workspace import Workspace

LOCK_FILE = "worker.lock"
LOG_FILE = "worker.log"


def main() -> int:
    folder = Path(sys.argv[1]).absolute()
    lock = (folder / LOCK_FILE).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    os.chdir(folder)
    _log_to(folder / LOG_FILE)
    workspace = Workspace.open(folder)
    wake = bind_wake_socket(folder)
    worker = Worker(workspace, wait=lambda seconds: _wait(wake, seconds))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    threading.Thread(target=_beat, args=(folder, threading.Event()), name="heartbeat", daemon=True).start()
    _say(workspace, "WorkerStarted")
    try:
        worker.run()
    except Exception:
        logging.getLogger("mltui.worker").exception("the worker ended")
        raise
    finally:
        _say(workspace, "WorkerStopped")
        with workspace.registry.write() as tx:
            heartbeat.clear(tx)
    return 0


def _wait(wake: socket.socket, seconds: float) -> None:
    wake.settimeout(seconds)
    try:
        wake.recv(16)
    except TimeoutError:
        return


def _beat(folder: Path, never: threading.Event) -> None:
    workspace = Workspace.open(folder)
    ticks = start_ticks(os.getpid())
    while True:
        with workspace.registry.write() as tx:
            heartbeat.beat(
                tx,
                pid=os.getpid(),
                start_ticks=ticks,
                build=mltui.__version__,
                host=socket.gethostname(),
                at=workspace.now(),
            )
        never.wait(HEARTBEAT_SECONDS)


def _say(workspace: Workspace, kind: str) -> None:
    with workspace.registry.write() as tx:
        events.append(tx, kind, "worker", {"pid": str(os.getpid())}, actor=WORKER, at=workspace.now())


def _log_to(path: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=4 * 2**20, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


if __name__ == "__main__":
    raise SystemExit(main())
