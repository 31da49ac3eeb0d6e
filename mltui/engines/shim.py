"""The program that stands over one process: starts it, keeps its log, writes down how it ended.

Arguments: FOLDER GENERATION LOCK REPORT. In FOLDER it reads `launch.json`, `policy.json` and `stop.json`, and writes
`running.json`, `exit.<generation>.json` and the log. LOCK is a file descriptor that holds the engine's lock until
`running.json` is there; what is written to REPORT tells that the program has started, or why not. Imports only what
starts quickly.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import time

from mltui.engines.process_records import boot_id, read_json, write_json
from mltui.engines.shim_log import MAX_LINE_BYTES, Log
from mltui.engines.shim_program import (
    EXIT_NOT_STARTED,
    NotStarted,
    adopt_orphans,
    ended_children,
    has_children,
    kill_children,
    start_program,
)
from mltui.processes import start_ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

DEFAULT_STOP_SECONDS = 10.0

_FIRST_BACKOFF_SECONDS, _LONGEST_BACKOFF_SECONDS, _CALM_SECONDS = 0.1, 30.0, 10.0
_DRAIN_SECONDS = 2.0
_EXIT_WRITE_ATTEMPTS = 120


class Shim:
    def __init__(self, folder: str, generation: int) -> None:
        self._folder = folder
        self._generation = generation
        self._launch = read_json(f"{folder}/launch.json")
        self._log = Log(folder)
        self._peak_bytes = 0
        self._restarts = 0
        self._is_stopping = False
        self._kill_at: float | None = None
        self._program = 0
        self._wake, wake_end = os.pipe()
        for end in (self._wake, wake_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for name in ("SIGINT", "SIGHUP", "SIGQUIT"):
            signal.signal(getattr(signal, name), signal.SIG_IGN)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        wanted = read_json(f"{self._folder}/stop.json") or {}
        deadline = time.monotonic() + float(wanted.get("timeout_seconds", DEFAULT_STOP_SECONDS))
        self._kill_at = deadline if self._kill_at is None else min(deadline, self._kill_at)
        self._is_stopping = True
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        if self._program:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._program, number)

    def write_running(self) -> None:
        record = {
            "generation": self._generation,
            "boot_id": boot_id(),
            "pid": os.getpid(),
            "start_ticks": start_ticks(os.getpid()),
            "program_pid": self._program,
            "program_start_ticks": start_ticks(self._program) if self._program else None,
            "restarts": self._restarts,
        }
        write_json(f"{self._folder}/running.json", record)

    def run_once(self, on_started: Callable[[], None]) -> int:
        """Exit code, 128 + signal for a program that a signal ended."""
        self._program, out, err = start_program(self._launch)
        if self._is_stopping:
            self._signal(signal.SIGTERM)
        with contextlib.suppress(OSError):
            self.write_running()
        if not self._restarts:
            on_started()
        streams = {out: "stdout", err: "stderr"}
        code = self._watch(streams)
        self._program = 0
        self._end_descendants()
        deadline = time.monotonic() + _DRAIN_SECONDS
        while streams and time.monotonic() < deadline:
            self._read(streams, timeout_seconds=0.1)
        for fd in list(streams):
            self._close(streams, fd)
        return code

    def _watch(self, streams: dict[int, str]) -> int:
        while (code := self._reap()) is None:
            left = None if self._kill_at is None else max(0.0, self._kill_at - time.monotonic())
            if left == 0:
                self._signal(signal.SIGKILL)
                self._kill_at, left = None, None
            self._read(streams, timeout_seconds=left)
        return code

    def _read(self, streams: dict[int, str], *, timeout_seconds: float | None) -> None:
        poll = select.poll()
        for fd in (self._wake, *streams):
            poll.register(fd, select.POLLIN)
        for fd, _ in poll.poll(None if timeout_seconds is None else timeout_seconds * 1000):
            data = os.read(fd, MAX_LINE_BYTES)
            if fd == self._wake:
                continue
            if data:
                self._log.feed(streams[fd], data)
            else:
                self._close(streams, fd)

    def _close(self, streams: dict[int, str], fd: int) -> None:
        self._log.end(streams.pop(fd))
        os.close(fd)

    def _reap(self) -> int | None:
        """Exit code of the program once it has ended; orphans that came to us are reaped on the way."""
        code = None
        for pid, status, peak in ended_children():
            self._peak_bytes = max(self._peak_bytes, peak)
            if pid == self._program:
                code = os.waitstatus_to_exitcode(status)
        return code if code is None or code >= 0 else 128 - code

    def _end_descendants(self) -> None:
        """Nothing outlives the program, just as in a container."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while has_children() and time.monotonic() < deadline:
            kill_children()
            self._read({}, timeout_seconds=0.05)
            self._reap()

    def pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._is_stopping and (left := until - time.monotonic()) > 0:
            self._read({}, timeout_seconds=left)

    @property
    def is_restarted(self) -> bool:
        if self._is_stopping:
            return False
        return bool(read_json(f"{self._folder}/policy.json") == "always")

    def run(self, on_started: Callable[[], None]) -> None:
        """Raises `NotStarted` when the first start fails; a later one counts as an exit with 127."""
        backoff = _FIRST_BACKOFF_SECONDS
        while True:
            began = time.monotonic()
            try:
                code = self.run_once(on_started)
            except NotStarted:
                self._program = 0
                code = EXIT_NOT_STARTED
                if not self._restarts:
                    self.write_exit(code)
                    raise
            if not self.is_restarted:
                break
            calm = time.monotonic() - began > _CALM_SECONDS
            backoff = _FIRST_BACKOFF_SECONDS if calm else min(_LONGEST_BACKOFF_SECONDS, backoff * 2)
            self.pause(backoff)
            if not self.is_restarted:
                break
            self._restarts += 1
        self.write_exit(code)

    def write_exit(self, code: int) -> None:
        record = {"exit_code": code, "peak_memory_bytes": self._peak_bytes or None, "ended_nanoseconds": time.time_ns()}
        for _ in range(_EXIT_WRITE_ATTEMPTS):
            try:
                return write_json(f"{self._folder}/exit.{self._generation}.json", record)
            except FileNotFoundError:
                return None
            except OSError:
                time.sleep(1)
        return None


class Report:
    """The pipe to the engine that waits for the start; said once, to whoever still listens."""

    def __init__(self, fd: int) -> None:
        self._fd: int | None = fd

    def say(self, text: str) -> None:
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.write(self._fd, text.encode("utf-8"))
            os.close(self._fd)
            self._fd = None


def main(arguments: list[str]) -> None:
    folder, generation, lock, report_fd = arguments[0], int(arguments[1]), int(arguments[2]), int(arguments[3])
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.set_inheritable(lock, False)
    os.set_inheritable(report_fd, False)
    report = Report(report_fd)
    os.umask(0o777 & ~stat.S_IMODE(os.stat(folder).st_mode))
    adopt_orphans()
    try:
        shim = Shim(folder, generation)
        shim.write_running()
        os.close(lock)
        shim.run(lambda: report.say("started"))
    except (NotStarted, OSError) as error:
        report.say(f"failed: {error}")
