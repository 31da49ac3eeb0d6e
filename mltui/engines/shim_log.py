"""The log of one process as the shim writes it. Imports only what starts quickly."""

from __future__ import annotations

import contextlib
import json
import os
import time

MAX_LINE_BYTES = 64 * 1024
LOG_FILE_BYTES = 25 * 1024 * 1024
"""When the log has grown so large it becomes `log.1.jsonl`, and the one that had that name is lost."""
LOG_NAME, OLDER_LOG_NAME = "log.jsonl", "log.1.jsonl"


def split_lines(data: bytes) -> tuple[list[bytes], bytes]:
    """Whole lines without their newline, cut where they are too long, and what is left of the last one."""
    *lines, rest = data.split(b"\n")
    pieces = [line[at : at + MAX_LINE_BYTES] for line in lines for at in range(0, len(line) or 1, MAX_LINE_BYTES)]
    while len(rest) > MAX_LINE_BYTES:
        pieces.append(rest[:MAX_LINE_BYTES])
        rest = rest[MAX_LINE_BYTES:]
    return pieces, rest


def last_nanoseconds(path: str) -> int:
    """Time of the last whole line in a log; 0 without one."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 8 * MAX_LINE_BYTES))
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return 0
    for line in reversed(lines):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return int(json.loads(line)["t"])
    return 0


class Log:
    """JSON lines `{"t": nanoseconds, "s": stream, "m": text}`; times increase strictly, over restarts too.

    A full disk costs lines, never the process. Readers skip what is empty or torn.
    """

    def __init__(self, folder: str) -> None:
        self._path, self._older = f"{folder}/{LOG_NAME}", f"{folder}/{OLDER_LOG_NAME}"
        self._last = last_nanoseconds(self._path) or last_nanoseconds(self._older)
        self._rest = {"stdout": b"", "stderr": b""}
        self._fd = self._open()
        self._is_torn = self._size > 0

    def _open(self) -> int:
        fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        self._size = os.fstat(fd).st_size
        return fd

    def feed(self, stream: str, data: bytes) -> None:
        lines, self._rest[stream] = split_lines(self._rest[stream] + data)
        self._write(stream, lines)

    def end(self, stream: str) -> None:
        rest, self._rest[stream] = self._rest[stream], b""
        self._write(stream, [rest] if rest else [])

    def _write(self, stream: str, lines: list[bytes]) -> None:
        entries = []
        for line in lines:
            self._last = max(time.time_ns(), self._last + 1)
            entry = {"t": self._last, "s": stream, "m": line.decode("utf-8", errors="replace")}
            entries.append(json.dumps(entry).encode("ascii") + b"\n")
        if entries:
            self._append(b"".join(entries))

    def _append(self, data: bytes) -> None:
        try:
            if self._size > LOG_FILE_BYTES:
                os.rename(self._path, self._older)
                os.close(self._fd)
                self._fd = self._open()
            written = os.write(self._fd, b"\n" + data if self._is_torn else data)
            self._size += written
            self._is_torn = written < len(data)
        except OSError:
            self._is_torn = True
