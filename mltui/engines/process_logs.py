"""Reads the log that a shim writes, over its rotations."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from mltui.engines.base import LogLine
from mltui.engines.shim_log import LOG_NAME, OLDER_LOG_NAME

POLL_SECONDS = 0.05


def follow(folder: Path, *, after_nanoseconds: int, is_running: Callable[[], bool]) -> Iterator[LogLine]:
    last = after_nanoseconds
    with LogReader(folder) as reader:
        while True:
            is_last_round = not is_running()
            for line in reader.new_lines():
                if line.nanoseconds > last:
                    last = line.nanoseconds
                    yield line
            if is_last_round:
                return
            time.sleep(POLL_SECONDS)


class LogReader:
    """Goes from the older file to the newer one; holds a file open, so that a rotation loses nothing of it."""

    def __init__(self, folder: Path) -> None:
        self._newer, self._older = folder / LOG_NAME, folder / OLDER_LOG_NAME
        self._file: IO[bytes] | None = None
        self._rest = b""

    def __enter__(self) -> LogReader:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            self._file.close()

    def new_lines(self) -> Iterator[LogLine]:
        if self._file is None:
            self._file = _try_open(self._older) or _try_open(self._newer)
        while self._file is not None:
            yield from self._read_on(self._file)
            following = self._following(self._file)
            if following is None:
                return
            yield from self._read_on(self._file)
            self._file.close()
            self._file, self._rest = following, b""

    def _read_on(self, file: IO[bytes]) -> Iterator[LogLine]:
        while data := file.read(1024 * 1024):
            *lines, self._rest = (self._rest + data).split(b"\n")
            yield from filter(None, map(_parsed, lines))

    def _following(self, file: IO[bytes]) -> IO[bytes] | None:
        if _is_at(file, self._newer):
            return None
        return _try_open(self._newer if _is_at(file, self._older) else self._older) or _try_open(self._newer)


def _is_at(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _try_open(path: Path) -> IO[bytes] | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _parsed(line: bytes) -> LogLine | None:
    try:
        entry = json.loads(line)
        return LogLine(entry["t"], entry["s"], entry["m"])
    except (ValueError, KeyError, TypeError):
        return None
