"""What a step program and the worker agree on: places, parameters, progress, and how a failure is told.

A step reads its places from the environment only, so that it runs alike in a container and as a process of the host.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class StepFailed(Exception):
    """The step cannot do its work: what failed on what, and what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(slots=True)
class Progress:
    """Appends lines to `progress.jsonl`."""

    file: Path
    written_at: float = field(default=-1e9, init=False)

    def report(
        self, done: int, total: int, *, unit: str = "", metrics: Mapping[str, float | int] | None = None
    ) -> None:
        line: dict[str, object] = {"done": done, "total": total}
        if unit:
            line["unit"] = unit
        if metrics:
            line["metrics"] = dict(metrics)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self.written_at = time.monotonic()

    def is_due(self, *, every_seconds: float = 1.0) -> bool:
        return time.monotonic() - self.written_at >= every_seconds


@dataclass(frozen=True, slots=True)
class Step:
    """The places and parameters of the running step."""

    inputs: Path
    outputs: Path
    parameters: Mapping[str, Any]
    checkpoint: Path | None
    """A folder that outlives an attempt; None where the worker gives none."""
    cpus: int
    """Threads to compute with."""
    progress: Progress

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Step:
        outputs = Path(_required(environment, "MLTUI_OUT"))
        checkpoint = environment.get("MLTUI_CHECKPOINT")
        return cls(
            inputs=Path(_required(environment, "MLTUI_IN")),
            outputs=outputs,
            parameters=read_json(Path(_required(environment, "MLTUI_PARAMS"))),
            checkpoint=Path(checkpoint) if checkpoint and Path(checkpoint).is_dir() else None,
            cpus=_threads(environment.get("MLTUI_CPUS", "1")),
            progress=Progress(outputs / "progress.jsonl"),
        )

    def input(self, name: str) -> Path:
        folder = self.inputs / name
        if not folder.is_dir():
            raise StepFailed(f"the input {name!r} is missing", hint=f"Let the step need an output named {name!r}.")
        return folder

    def output(self, name: str) -> Path:
        folder = self.outputs / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def run_step(program: Callable[[Step], None]) -> None:
    """Ends the process: 0, or 1 with `error.json` and a line on stderr for what a person can mend."""
    try:
        program(Step.from_environment(os.environ))
    except StepFailed as failure:
        _tell(failure)
        sys.exit(1)
    except OSError as failure:
        _tell(StepFailed(f"a file could not be read or written: {failure}", hint="Look at disk space and permissions."))
        sys.exit(1)


def read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StepFailed(f"{file.name} is missing in {file.parent.name}/") from None
    except ValueError as error:
        raise StepFailed(f"{file.name} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise StepFailed(f"{file.name} is not a JSON object")
    return value


def write_json(file: Path, value: Mapping[str, object]) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")


def _tell(failure: StepFailed) -> None:
    outputs = os.environ.get("MLTUI_OUT")
    if outputs and Path(outputs).is_dir():
        write_json(Path(outputs) / "error.json", {"message": failure.message, "hint": failure.hint})
    print(" ".join(f"{failure.message}. {failure.hint}".split()), file=sys.stderr)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise StepFailed(f"the variable {name} is not set", hint="A step program is started by the worker.")
    return value


def _threads(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise StepFailed(f"MLTUI_CPUS is {text!r}", hint="It is a whole number of threads, 1 or more.")
    return int(text)
