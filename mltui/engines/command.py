"""Runs one program of this machine to its end, or for so long: no shell, no terminal, a session of its own."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

MOST_OUTPUT_BYTES = 4096
_LOOK_SECONDS = 0.2
"""How often it is asked whether to stop."""


@dataclass(frozen=True, slots=True)
class CommandEnd:
    exit_code: int | None
    """Negative for a signal; None when it could not be started, or was killed here."""
    output: str
    """The end of what it wrote to stdout and stderr, or why it could not be started."""
    is_killed: bool = False
    """For its time, or because whoever called it stops."""


def run_command(
    argv: Sequence[str],
    *,
    given: bytes,
    env: Mapping[str, str],
    seconds: float,
    is_stopping: Callable[[], bool] = lambda: False,
) -> CommandEnd:
    """`given` stands on its stdin. At its end, or after `seconds`, whatever is left of its session is killed."""
    stdin = os.memfd_create("given")
    try:
        os.write(stdin, given)
        os.lseek(stdin, 0, os.SEEK_SET)
        process = subprocess.Popen(
            list(argv),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=dict(env),
            start_new_session=True,
        )
    except OSError as error:
        return CommandEnd(None, f"{argv[0]}: {error.strerror}")
    finally:
        os.close(stdin)
    return _await(process, seconds=seconds, is_stopping=is_stopping)


def _await(process: subprocess.Popen[bytes], *, seconds: float, is_stopping: Callable[[], bool]) -> CommandEnd:
    deadline, tail = time.monotonic() + seconds, b""
    assert process.stdout is not None
    out, ended = process.stdout.fileno(), os.pidfd_open(process.pid)
    os.set_blocking(out, False)
    try:
        with selectors.DefaultSelector() as watched:
            watched.register(out, selectors.EVENT_READ)
            watched.register(ended, selectors.EVENT_READ)
            while True:
                ready = [key.fd for key, _ in watched.select(max(0.0, min(_LOOK_SECONDS, deadline - time.monotonic())))]
                if out in ready:
                    tail, is_open = _read(out, tail)
                    if not is_open:
                        watched.unregister(out)
                if ended in ready or time.monotonic() >= deadline or is_stopping():
                    break
        is_killed = ended not in ready
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        exit_code = process.wait()
        tail, _ = _read(out, tail)
    finally:
        os.close(ended)
        process.stdout.close()
    return CommandEnd(None if is_killed else exit_code, tail.decode("utf-8", "replace").strip(), is_killed)


def _read(descriptor: int, tail: bytes) -> tuple[bytes, bool]:
    """What is there to read, behind `tail`, as far as it is kept; and whether more may come."""
    with suppress(BlockingIOError):
        data = os.read(descriptor, 65536)
        return (tail + data)[-MOST_OUTPUT_BYTES:], bool(data)
    return tail, True
