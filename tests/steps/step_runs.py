"""Runs step programs, in this process or in one of their own, and makes the small data that they take."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mltui.steps.contract import Progress, Step

FEATURES = ["income", "debt", "job"]
TABLE = {
    "task": "classification",
    "kind": "table",
    "split": {"seed": 7, "validation": 0.1, "held_out": 0.2},
    "target": "approved",
    "features": FEATURES,
    "key": "id",
    "attributes": ["sex"],
}
PICTURES = {"task": "classification", "kind": "pictures", "split": {"seed": 7, "validation": 0.15, "held_out": 0.25}}

Program = Callable[[Step], None]
Row = dict[str, str]


@dataclass(frozen=True)
class Trained:
    """Folders that the steps of one small run left."""

    training: Path
    held_out: Path
    model: Path
    history: Path
    evaluation: Path


@dataclass(frozen=True)
class Ran:
    """What a program left."""

    out: Path

    def json(self, path: str) -> dict[str, Any]:
        return dict(json.loads((self.out / path).read_text("utf-8")))

    def rows(self, path: str) -> list[Row]:
        return read_rows(self.out / path)

    def progress(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.out / "progress.jsonl").read_text("utf-8").splitlines()]


def run_here(
    program: Program, folder: Path, parameters: Mapping[str, Any], *, checkpoint: Path | None = None, **inputs: Path
) -> Ran:
    """In this process; raises what the program raises."""
    _lay_out(folder, inputs)
    progress = Progress(folder / "out" / "progress.jsonl")
    program(Step(folder / "in", folder / "out", parameters, checkpoint, cpus=2, progress=progress))
    return Ran(folder / "out")


def run_apart(
    module: str, folder: Path, parameters: Mapping[str, Any], *, checkpoint: Path | None = None, **inputs: Path
) -> tuple[Ran, subprocess.CompletedProcess[str]]:
    """As the worker starts it: a process that knows its places from the environment alone."""
    _lay_out(folder, inputs)
    (folder / "params.json").write_text(json.dumps(parameters), "utf-8")
    environment = {
        **os.environ,
        "MLTUI_IN": str(folder / "in"),
        "MLTUI_OUT": str(folder / "out"),
        "MLTUI_PARAMS": str(folder / "params.json"),
        "MLTUI_CPUS": "1",
    }
    if checkpoint is not None:
        environment["MLTUI_CHECKPOINT"] = str(checkpoint)
    argv = [sys.executable, "-m", f"mltui.steps.{module}"]
    answer = subprocess.run(argv, env=environment, capture_output=True, text=True, cwd=folder)
    return Ran(folder / "out"), answer


def _lay_out(folder: Path, inputs: Mapping[str, Path]) -> None:
    (folder / "in").mkdir(parents=True)
    (folder / "out").mkdir()
    for name, source in inputs.items():
        (folder / "in" / name).symlink_to(source)


def read_rows(file: Path) -> list[Row]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def write_rows(file: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def loan_rows(count: int = 600, *, seed: int = 1) -> list[Row]:
    """`approved` follows income, debt and job, with little noise; `price` is a number that follows them, too."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        income, debt, job = rng.normal(40, 12), rng.uniform(0, 1), str(rng.choice(["office", "shop floor", "none"]))
        worth = (income - 40) / 12 - 3 * (debt - 0.5) + (job == "office") - (job == "none")
        rows.append(
            {
                "id": f"A{number:04d}",
                "income": f"{income:.2f}",
                "debt": "" if rng.random() < 0.05 else f"{debt:.3f}",
                "job": job,
                "sex": str(rng.choice(["female", "male"])),
                "approved": "yes" if worth + rng.normal(0, 0.3) > 0 else "no",
                "price": f"{100 + 20 * worth + rng.normal(0, 2):.2f}",
            }
        )
    return rows


def table_data(folder: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    write_rows(folder / "table.csv", rows)
    return folder


def picture_data(folder: Path, *, per_class: int = 40, seed: int = 1) -> Path:
    """Noise of two colours, with `groups.csv`; every picture is different."""
    rng = np.random.default_rng(seed)
    groups = []
    for label, colour in (("cold", (60, 90, 200)), ("warm", (200, 90, 60))):
        for number in range(per_class):
            file = folder / "pictures" / label / f"{number:03d}.png"
            save_picture(file, rng.normal(colour, 30, (40, 48, 3)))
            groups.append({"file": f"{label}/{number:03d}.png", "light": "day" if number % 3 else "night"})
    write_rows(folder / "groups.csv", groups)
    return folder


def save_picture(file: Path, pixels: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(file)
