"""Copies a container's log into a file as it comes; goes on after the last line that the file has."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import TracebackType

from mltui.engines.base import Engine
from mltui.errors import MltuiError

LOG_FILE = "log.jsonl"
"""In the folder of an attempt."""
WORDS = 200
"""Characters of a log line that stand in a sentence."""


class LogCopy:
    """While entered, a thread appends JSON lines `{"at": nanoseconds, "stream": …, "text": …}` to the file."""

    def __init__(self, engine: Engine, container: str, path: Path) -> None:
        self._engine, self._container, self._path = engine, container, path
        self._thread = threading.Thread(target=self._copy, name=f"log of {container}", daemon=True)

    def __enter__(self) -> LogCopy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._thread.join(timeout=10)

    def _copy(self) -> None:
        after = last_nanoseconds(self._path)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                for line in self._engine.logs(self._container, after_nanoseconds=after):
                    file.write(json.dumps({"at": line.nanoseconds, "stream": line.stream, "text": line.text}) + "\n")
                    file.flush()
        except (MltuiError, OSError):
            return


def last_words(path: Path) -> str:
    """The last line that says something, shortened; empty without a log."""
    try:
        lines = [json.loads(line)["text"].strip() for line in path.read_bytes().splitlines()]
    except (OSError, ValueError, KeyError):
        return ""
    return next((line[:WORDS] for line in reversed(lines) if line), "")


def last_nanoseconds(path: Path) -> int:
    """Time of the last whole line, 0 for none; a line that a crash cut short is taken off."""
    if not path.exists():
        return 0
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) != len(content):
        path.write_bytes(whole)
    lines = whole.splitlines()
    return int(json.loads(lines[-1])["at"]) if lines else 0
