"""How far a run is, and what its steps say: read from the run's folder, where the steps write it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mltui.registry import steps
from mltui.workspace import Workspace

_COUNTS = {"epoch", "batch", "seconds"}
_TAIL_BYTES = 65_536
"""At the end of the file; what stands before is over."""


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


def progress_of(workspace: Workspace, run_id: int) -> Progress | None:
    """Of the step that was started last; None before it says anything."""
    attempts = [each for each in steps.of_run(workspace.registry.read(), run_id) if each.cached_from is None]
    if not attempts:
        return None
    last = max(attempts, key=lambda each: (each.started_at is not None, each.started_at))
    path = workspace.run_folder(run_id) / f"{last.step}.{last.attempt}" / "out" / "progress.jsonl"
    return _last_progress(path, last.step)


def _last_progress(path: Path, step: str) -> Progress | None:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
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
