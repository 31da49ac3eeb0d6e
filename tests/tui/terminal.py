"""A real pseudo-terminal with `mltui` in it, and an emulator that knows what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

ENTER, ESC, DOWN = "\r", "\x1b", "\x1b[B"


class Terminal:
    """Reads all the time; `size` is columns × rows, `command` what is started in it."""

    def __init__(
        self, command: Sequence[str], *, directory: Path, size: tuple[int, int], env: Mapping[str, str]
    ) -> None:
        columns, rows = size
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.bytes_written = 0
        self.last_output = self._pressed = time.monotonic()
        self.process = subprocess.Popen(
            command,
            cwd=directory,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(rows), **env},
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                return
            if not chunk:
                return
            self.take(chunk)

    def take(self, chunk: bytes) -> None:
        """What the program wrote."""
        with self._lock:
            self.bytes_written += len(chunk)
            self.last_output = time.monotonic()
            self._stream.feed(chunk)

    @property
    def text(self) -> str:
        with self._lock:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, *keys: str) -> None:
        """Each a key as a terminal sends it, or a text to type."""
        self._pressed = time.monotonic()
        for key in keys:
            os.write(self._master, key.encode())

    def await_text(self, *words: str, seconds: float = 60) -> str:
        """What is on the screen once all the words are."""
        return self.await_that(lambda text: all(word in text for word in words), what=repr(words), seconds=seconds)

    def await_that(self, is_so: Callable[[str], bool], *, what: str, seconds: float = 60) -> str:
        until = time.monotonic() + seconds
        while not is_so(text := self.text):
            assert time.monotonic() < until, f"{what} is not on the screen:\n{text}"
            assert self.process.poll() is None, f"mltui ended with {self.process.poll()}:\n{text}"
            time.sleep(0.005)
        return text

    def await_answer(self, *, quiet_seconds: float = 0.15, limit: float = 5) -> None:
        """Until something was painted since the last key, and nothing more is."""
        until = time.monotonic() + limit
        while time.monotonic() < until and (
            self.last_output < self._pressed or time.monotonic() - self.last_output < quiet_seconds
        ):
            time.sleep(0.005)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self._reader.join(10)  # before the descriptor's number is given to somebody else
        os.close(self._master)


@contextmanager
def terminal(
    *words: str, directory: Path, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    opened = Terminal([sys.executable, "-m", "mltui", *words], directory=directory, size=size, env=env or {})
    try:
        yield opened
    finally:
        opened.close()
