"""The register step: checks the model folder and the evaluation table, and writes the manifest that is committed.

`python -m mltui.steps.register`; needs onnxruntime and numpy.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from mltui.serving.description import ModelDescription
from mltui.steps.contract import Step, StepFailed, read_json, run_step, write_json
from mltui.steps.datasets import SCORE_PREFIX
from mltui.steps.evaluate import open_model
from mltui.steps.model_classes import check_written_classes
from mltui.steps.tables import Row, as_number, read_table, require_columns

MANIFEST_FORMAT = 1


def main(step: Step) -> None:
    model = step.input("model")
    description = open_model(model, threads=step.cpus).description
    check_written_classes(model, description)
    rows = check_evaluation(step.input("evaluation") / "evaluation.csv", description)
    folders = {"model": model, "evaluation": step.input("evaluation")}
    history = step.inputs / "history"
    if history.is_dir():
        read_json(history / "history.json")
        folders["history"] = history
    manifest = {
        "format": MANIFEST_FORMAT,
        "task": description.task,
        "classes": list(description.classes) or None,
        "input": description.input.as_json(),
        "rows": rows,
        "files": {f"{name}/{path}": digest for name, folder in folders.items() for path, digest in _files(folder)},
    }
    write_json(step.output("manifest") / "manifest.json", manifest)


def check_evaluation(file: Path, description: ModelDescription) -> int:
    """Number of rows; raises for a table from which no metric could be told."""
    columns, rows = read_table(file)
    scores = [f"{SCORE_PREFIX}{name}" for name in description.classes]
    require_columns(columns, ["row_id", "truth", "prediction", *scores], file=file.name)
    others = [name for name in columns if name.startswith(SCORE_PREFIX) and name not in scores]
    if others:
        raise StepFailed(f"{file.name} has scores for classes that the model does not have: {', '.join(others)}")
    if not rows:
        raise StepFailed(f"{file.name} has no rows", hint="A version without metrics cannot be registered.")
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        _check_row(row, description, scores, where=f"line {line} of {file.name}")
        if row["row_id"] in seen:
            raise StepFailed(f"line {line} of {file.name} repeats the row {row['row_id']}")
        seen.add(row["row_id"])
    return len(rows)


def _check_row(row: Row, description: ModelDescription, scores: list[str], *, where: str) -> None:
    if not row["row_id"]:
        raise StepFailed(f"{where} has no row_id")
    for name in ("truth", "prediction"):
        if description.classes and row[name] not in description.classes:
            raise StepFailed(f"{where}: the {name} “{row[name]}” is no class of the model")
        if not description.classes and as_number(row[name]) is None:
            raise StepFailed(f"{where}: the {name} “{row[name]}” is no number")
    for name in scores:
        score = as_number(row[name])
        if score is None or not 0 <= score <= 1.001:
            raise StepFailed(f"{where}: {name} is “{row[name]}”, no probability")


def _files(folder: Path) -> list[tuple[str, str]]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(path.relative_to(folder).as_posix(), _sha256(path)) for path in paths]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    run_step(main)
