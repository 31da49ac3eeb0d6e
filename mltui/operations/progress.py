"""How far a run is, and what its steps say: read from the run's folder, where the steps write it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mltui.domain.run import StepAttempt
from mltui.errors import NotFound
from mltui.registry import steps
from mltui.workspace import Workspace

_COUNTS = {"epoch", "batch", "seconds"}


@dataclass(frozen=True, slots=True)
class Progress:
    step: str
    done: float
    total: float
    unit: str
    metrics: dict[str, float]

    @property
    def scores(self) -> dict[str, float]:
        """The metrics without those that only count."""
        return {name: value for name, value in self.metrics.items() if name not in _COUNTS}

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {value:.3f}" for name, value in self.scores.items())
        return f"{self.step}: {self.unit} {self.done:g} of {self.total:g}" + (f"   {figures}" if figures else "")


@dataclass(frozen=True, slots=True)
class StepLogLine:
    step: str
    nanoseconds: int
    stream: str
    text: str


def progress_of(workspace: Workspace, run_id: int) -> Progress | None:
    """Of the step that was started last; None before it says anything."""
    attempts = [each for each in steps.of_run(workspace.registry.read(), run_id) if each.cached_from is None]
    if not attempts:
        return None
    last = max(attempts, key=lambda each: (each.started_at is not None, each.started_at))
    path = workspace.run_folder(run_id) / f"{last.step}.{last.attempt}" / "out" / "progress.jsonl"
    return _last_progress(path, last.step)


def log_lines(workspace: Workspace, run_id: int, *, step: str | None = None) -> list[StepLogLine]:
    """Build logs and container logs in the order of the steps; of one alone if it is named, which `NotFound` may be."""
    folder, found = workspace.run_folder(run_id), list[StepLogLine]()
    built = sorted(folder.glob("*.build.log"), key=lambda path: path.stat().st_mtime)
    begun = (each.step for each in _in_order(workspace, run_id))
    names = list(dict.fromkeys([*begun, *(path.name.partition(".")[0] for path in built)]))
    if step is not None and step not in names:
        raise NotFound(f"run {run_id} has no step {step}", hint=f"it has: {', '.join(names) or 'none yet'}")
    for name in names:
        if step is None or step == name:
            found += _build_lines(folder / f"{name}.build.log", name)
            for path in sorted(folder.glob(f"{name}.*/log.jsonl")):
                found += _lines(path, name)
    return found


def _in_order(workspace: Workspace, run_id: int) -> list[StepAttempt]:
    attempts = steps.of_run(workspace.registry.read(), run_id)
    return sorted(attempts, key=lambda each: (each.started_at is None, each.started_at, each.attempt))


def _last_progress(path: Path, step: str) -> Progress | None:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            said = json.loads(line)
            metrics = {str(name): float(value) for name, value in said.get("metrics", {}).items()}
            return Progress(step, float(said["done"]), float(said["total"]), str(said.get("unit", "part")), metrics)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def _build_lines(path: Path, step: str) -> Iterator[StepLogLine]:
    if path.exists():
        for line in path.read_text("utf-8", "replace").splitlines():
            yield StepLogLine(step, 0, "build", line)


def _lines(path: Path, step: str) -> Iterator[StepLogLine]:
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            said = json.loads(line)
            yield StepLogLine(step, int(said["at"]), str(said["stream"]), str(said["text"]))
        except (ValueError, KeyError, TypeError):
            continue
