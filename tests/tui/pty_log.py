"""A pseudo-terminal that keeps every byte that was written to it."""

from __future__ import annotations

import fcntl
import signal
import struct
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tui.terminal import Terminal


class RawTerminal(Terminal):
    def __init__(
        self, command: Sequence[str], *, directory: Path, size: tuple[int, int], env: Mapping[str, str]
    ) -> None:
        self.raw = b""
        """Everything that was written."""
        self.seen: list[str] = []
        super().__init__(command, directory=directory, size=size, env=env)

    def take(self, chunk: bytes) -> None:
        self.raw += chunk
        super().take(chunk)

    def resize(self, columns: int, rows: int) -> None:
        """The program has no controlling terminal that would tell it."""
        with self._lock:
            self._screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)


@contextmanager
def raw_terminal(
    command: Sequence[str], *, directory: Path, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None
) -> Iterator[RawTerminal]:
    opened = RawTerminal(command, directory=directory, size=size, env=env or {})
    try:
        yield opened
    finally:
        opened.close()
