"""A terminal that goes away takes the console with it, also where the signal that says so is lost or ignored."""

from __future__ import annotations

import os
import select
import signal
from threading import Thread

ENDED_BY_HANG_UP = 128 + signal.SIGHUP
"""Exit code, as a shell tells of a program that the signal has ended."""


def end_with_terminal() -> None:
    """Ends the process at once when stdin's terminal is gone; what was asked for goes on in the worker.

    Without it the console would read the end of the input over and over, which takes a whole core.
    """
    Thread(target=_watch, name="hang-up", daemon=True).start()


def _watch() -> None:
    terminal = select.poll()
    terminal.register(0, 0)
    if any(happened & select.POLLHUP for _, happened in terminal.poll()):
        os._exit(ENDED_BY_HANG_UP)
