"""The log of a run, read on from where it was: a log of hundreds of thousands of lines is followed second by second."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from mltui.domain.run import StepAttempt
from mltui.errors import NotFound
from mltui.registry import steps
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class StepLogLine:
    step: str
    nanoseconds: int
    stream: str
    text: str


Keeps = Callable[[StepLogLine], bool]


def log_lines(workspace: Workspace, run_id: int, *, step: str | None = None) -> list[StepLogLine]:
    """Build logs and container logs in the order of the steps; of one alone if it is named, which `NotFound` may be."""
    return RunLog(run_id).lines(workspace, step=step)


@dataclass(slots=True)
class _File:
    """What was read of one file so far."""

    path: Path
    step: str
    lines: list[StepLogLine] = field(default_factory=list)
    offset: int = 0
    inode: int = 0
    kept: list[StepLogLine] = field(default_factory=list)
    looked_at: int = 0
    """How many of the lines went through the filter."""

    def read_on(self) -> None:
        try:
            with self.path.open("rb") as file:
                self._read(file)
        except OSError:
            return

    def _read(self, file: BinaryIO) -> None:
        known = os.fstat(file.fileno())
        is_build = self.path.suffix == ".log"
        if known.st_ino != self.inode or known.st_size < self.offset or (is_build and known.st_size != self.offset):
            self.forget()
        self.inode = known.st_ino
        file.seek(self.offset)
        content = file.read(known.st_size - self.offset)
        if is_build:
            self.offset += len(content)
            self.lines += (StepLogLine(self.step, 0, "build", text) for text in _text(content).splitlines())
        else:
            whole = content[: content.rfind(b"\n") + 1]
            self.offset += len(whole)
            self.lines += _parsed(whole, self.step)

    def forget(self) -> None:
        self.lines, self.offset = [], 0
        self.forget_filter()

    def forget_filter(self) -> None:
        self.kept, self.looked_at = [], 0

    def filtered(self, keeps: Keeps | None) -> list[StepLogLine]:
        if keeps is None:
            return self.lines
        self.kept += (line for line in self.lines[self.looked_at :] if keeps(line))
        self.looked_at = len(self.lines)
        return self.kept


class RunLog:
    """Keeps what it has read; each reading adds what was written since."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self._files: dict[Path, _File] = {}
        self._keeps: Keeps | None = None
        self._one_at_a_time = threading.Lock()

    def lines(self, workspace: Workspace, *, step: str | None = None, keeps: Keeps | None = None) -> list[StepLogLine]:
        """Those that the filter keeps; a filter that is another one than before goes through all of them."""
        with self._one_at_a_time:
            if keeps is not self._keeps:
                self._keeps = keeps
                for file in self._files.values():
                    file.forget_filter()
            found: list[StepLogLine] = []
            for file in self._in_order(workspace, step):
                file.read_on()
                found += file.filtered(keeps)
            return found

    def _in_order(self, workspace: Workspace, step: str | None) -> Iterator[_File]:
        folder = workspace.run_folder(self.run_id)
        built = [path.name.partition(".")[0] for path in sorted(folder.glob("*.build.log"), key=_modified)]
        attempts = sorted(steps.of_run(workspace.registry.read(), self.run_id), key=_begun)
        names = list(dict.fromkeys([*(each.step for each in attempts), *built]))
        if step is not None and step not in names:
            raise NotFound(f"run {self.run_id} has no step {step}", hint=f"it has: {', '.join(names) or 'none yet'}")
        for name in names:
            for path in [folder / f"{name}.build.log", *sorted(folder.glob(f"{name}.*/log.jsonl"))]:
                if step in (None, name):
                    yield self._files.setdefault(path, _File(path, name))


def _begun(attempt: StepAttempt) -> tuple[bool, Any, int]:
    return attempt.started_at is None, attempt.started_at, attempt.attempt


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _parsed(content: bytes, step: str) -> Iterator[StepLogLine]:
    for line in content.split(b"\n"):
        try:
            said = msgspec.json.decode(line)
            yield StepLogLine(step, int(said["at"]), str(said["stream"]), str(said["text"]))
        except (ValueError, KeyError, TypeError, msgspec.DecodeError):
            continue
