"""Starts one program under the shim, and lets nothing of it stay behind. Imports only what starts quickly."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal

from mltui.engines.process_records import pids
from mltui.processes import stat_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

EXIT_NOT_STARTED = 127

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_DEFAULT_IN_PROGRAM = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGCHLD", "SIGPIPE", "SIGXFSZ")


class NotStarted(Exception):
    """The program cannot be executed."""


def start_program(launch: Any) -> tuple[int, int, int]:
    """Pid, and the reading ends of its stdout and stderr. It leads a group of its own in the shim's session."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    out, err, failure = os.pipe(), os.pipe(), os.pipe()
    shim = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become_program(launch, out=out[1], err=err[1], failure=failure[1], die_with=lambda: _die_with(shim, prctl))
    for writing in (out[1], err[1], failure[1]):
        os.close(writing)
    with open(failure[0], "rb") as file:
        reason = file.read().decode("utf-8", errors="replace")
    if reason:
        os.waitpid(pid, 0)
        os.close(out[0])
        os.close(err[0])
        raise NotStarted(reason)
    return pid, out[0], err[0]


def _die_with(shim: int, prctl: Any) -> None:
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != shim:
        os._exit(EXIT_NOT_STARTED)


def _become_program(launch: Any, *, out: int, err: int, failure: int, die_with: Callable[[], None]) -> None:
    try:
        os.setpgid(0, 0)
        die_with()
        for name in _DEFAULT_IN_PROGRAM:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.chdir(launch["workdir"])
        os.execve(launch["argv"][0], launch["argv"], launch["env"])
    except OSError as error:
        os.write(failure, f"{error.strerror}: {error.filename or launch['argv'][0]}".encode())
    finally:
        os._exit(EXIT_NOT_STARTED)


def adopt_orphans() -> None:
    """What the program leaves behind becomes a child of this process, so that it can be ended."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def ended_children() -> Iterator[tuple[int, int, int]]:
    """Pid, wait status and peak resident memory in bytes of each child that has ended."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status, usage.ru_maxrss * 1024


def has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def kill_children() -> None:
    for pid in pids():
        fields = stat_fields(pid)
        if fields is not None and int(fields[1]) == os.getpid():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
