"""The register step: checks that model and evaluation belong together, and writes the manifest that is committed.

`python -m mltui.steps.register`; needs onnxruntime and numpy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from mltui.serving.description import ModelDescription
from mltui.steps.contract import Step, StepFailed, run_step, write_json
from mltui.steps.datasets import ATTRIBUTE_PREFIX, SCORE_PREFIX
from mltui.steps.model_folder import open_model
from mltui.steps.tables import Row, as_number, read_table

SUM_TOLERANCE = 1e-3
TABLE = "evaluation.csv"


def main(step: Step) -> None:
    model, evaluation = step.input("model"), step.input("evaluation")
    description = open_model(model).description
    columns, rows = read_table(evaluation / TABLE)
    _check_columns(columns, description)
    _check_rows(rows, description)
    folders = [model, evaluation]
    if (step.inputs / "history").is_dir():
        folders.append(step.input("history"))
    manifest = {
        "format": 1,
        "task": description.task,
        "classes": list(description.classes) or None,
        "threshold": description.threshold,
        "input": description.input.as_json(),
        "rows": len(rows),
        "files": dict(_hashes(folders)),
    }
    write_json(step.output("manifest") / "manifest.json", manifest)


def _check_columns(columns: Sequence[str], model: ModelDescription) -> None:
    wanted = ["row_id", "truth", "prediction", *(SCORE_PREFIX + name for name in model.classes)]
    given = list(columns[: len(wanted)])
    strange = [name for name in columns[len(wanted) :] if not name.startswith(ATTRIBUTE_PREFIX)]
    if given != wanted or strange:
        raise StepFailed(
            f"{TABLE} has the columns {', '.join(columns)}; this model's begin with {', '.join(wanted)}",
            hint="Evaluate the model again; model.json has to be the one that was evaluated.",
        )


def _check_rows(rows: Sequence[Row], model: ModelDescription) -> None:
    if not rows:
        raise StepFailed(f"{TABLE} has no rows", hint="A version without metrics cannot be registered.")
    if len({row["row_id"] for row in rows}) < len(rows):
        raise StepFailed(f"{TABLE} has one row_id twice")
    for row in rows:
        problem = _problem(row, model)
        if problem:
            raise StepFailed(f"the row {row['row_id']} of {TABLE} {problem}", hint="Evaluate the model again.")


def _problem(row: Row, model: ModelDescription) -> str:
    if not model.classes:
        is_whole = as_number(row["truth"]) is not None and as_number(row["prediction"]) is not None
        return "" if is_whole else "has no number as truth or prediction"
    if row["truth"] not in model.classes or row["prediction"] not in model.classes:
        return "has a truth or prediction that is no class of the model"
    scores = {name: as_number(row[SCORE_PREFIX + name]) for name in model.classes}
    known = {name: score for name, score in scores.items() if score is not None}
    if len(known) < len(scores) or min(known.values()) < 0 or abs(sum(known.values()) - 1) > SUM_TOLERANCE:
        return "has scores that are no probabilities"
    if model.threshold is None:
        return (
            "" if known[row["prediction"]] == max(known.values()) else "predicts another class than its highest score"
        )
    is_second = row["prediction"] == model.classes[1]
    says_second = known[model.classes[1]] >= model.threshold
    return "" if is_second == says_second else f"predicts another class than the threshold {model.threshold:g} does"


def _hashes(folders: Iterable[Path]) -> Iterable[tuple[str, str]]:
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                with file.open("rb") as content:
                    digest = hashlib.file_digest(content, "sha256").hexdigest()
                yield f"{folder.name}/{file.relative_to(folder).as_posix()}", digest


if __name__ == "__main__":
    run_step(main)
