"""The evaluate step: the held-out rows through the very file, code and settings that will serve.

`python -m mltui.steps.evaluate`; needs onnxruntime, numpy and Pillow.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mltui.serving.description import InvalidInput, ModelDescription, PictureInput
from mltui.serving.model import Input, ServedModel
from mltui.serving.preprocessing import row_from_text
from mltui.steps.contract import Step, StepFailed, run_step, write_json
from mltui.steps.datasets import ATTRIBUTE_PREFIX, SCORE_PREFIX, Schema, read_schema
from mltui.steps.model_folder import open_model, set_threshold
from mltui.steps.parameters import limited, read_parameters
from mltui.steps.tables import Row, as_number, read_table, require_columns, write_table

LARGEST_SKIPPED_SHARE = 0.01

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Parameters:
    threshold: float | None = limited(None, least=0, most=1)
    """With one, the step leaves the model again, with it: that is what is measured here and served later."""


def main(step: Step) -> None:
    model, held_out = open_model(_model_folder(step)), step.input("held_out")
    schema = read_schema(held_out)
    _check_against_schema(model.description, schema)
    columns, rows = _read_rows(held_out, model.description, schema)
    started = time.monotonic()
    answers = _answers(model, held_out, rows, step)
    answered = [
        (row, answer) for row, answer in zip(rows, answers, strict=True) if not isinstance(answer, InvalidInput)
    ]
    _check_skipped(answers)
    attributes = [name for name in columns if name.startswith(ATTRIBUTE_PREFIX)]
    scores = [SCORE_PREFIX + name for name in model.description.classes]
    write_table(
        step.output("evaluation") / "evaluation.csv",
        ["row_id", "truth", "prediction", *scores, *attributes],
        (_line(row, answer, model.description, attributes) for row, answer in answered),
    )
    report = {
        "rows": len(answered),
        "seconds": round(time.monotonic() - started, 3),
        "skipped": len(rows) - len(answered),
    }
    write_json(step.output("report") / "report.json", report)


def _model_folder(step: Step) -> Path:
    chosen = read_parameters(Parameters, step.parameters.get("parameters", {}), what="evaluate")
    trained = step.input("model")
    return trained if chosen.threshold is None else set_threshold(trained, step.output("model"), chosen.threshold)


def _check_against_schema(model: ModelDescription, schema: Schema) -> None:
    if model.task != schema.task:
        raise StepFailed(f"the model is made for {model.task}, the held-out rows for {schema.task}")
    if model.classes != (schema.classes or ()):
        raise StepFailed(
            f"the model's classes are {', '.join(model.classes)}, the held-out rows' {', '.join(schema.classes or ())}",
            hint="The train step has to write its scores and classes in the order of training/schema.json.",
        )
    if isinstance(model.input, PictureInput) != (schema.kind == "pictures"):
        raise StepFailed(f"the held-out rows are {schema.kind}, the model takes something else")


def _read_rows(held_out: Path, model: ModelDescription, schema: Schema) -> tuple[list[str], list[Row]]:
    columns, rows = read_table(held_out / "rows.csv")
    wanted = ["file"] if isinstance(model.input, PictureInput) else [each.name for each in model.input.features]
    require_columns(columns, ["row_id", "truth", *wanted], file="held_out/rows.csv")
    if not rows:
        raise StepFailed("the held-out split has no rows", hint="Add data, or give held_out a larger share.")
    for row in rows:
        is_known = row["truth"] in schema.classes if schema.classes else as_number(row["truth"]) is not None
        if not is_known:
            raise StepFailed(f"the held-out row {row['row_id']} has the truth {row['truth']!r}, which cannot be")
    return columns, rows


def _answers(model: ServedModel, held_out: Path, rows: Sequence[Row], step: Step) -> list[Scores | InvalidInput]:
    """Row by row as a server is asked; what the server would refuse stands there as its refusal."""

    def answer(row: Row) -> Scores | InvalidInput:
        try:
            scores: Scores = model.predict([_input(row, held_out, model.description)])[0]
            return scores
        except InvalidInput as refusal:
            return refusal

    answers = []
    with ThreadPoolExecutor(step.cpus) as threads:
        for number, each in enumerate(threads.map(answer, rows), start=1):
            answers.append(each)
            if step.progress.is_due() or number == len(rows):
                step.progress.report(number, len(rows), unit="row")
    return answers


def _input(row: Row, held_out: Path, model: ModelDescription) -> Input:
    if isinstance(model.input, PictureInput):
        return (held_out / row["file"]).read_bytes()
    return row_from_text(row, model.input)


def _check_skipped(answers: Sequence[Scores | InvalidInput]) -> None:
    refusals = [each for each in answers if isinstance(each, InvalidInput)]
    if len(refusals) > LARGEST_SKIPPED_SHARE * len(answers):
        raise StepFailed(
            f"the model refuses {len(refusals)} of {len(answers)} held-out rows, first because {refusals[0].message}",
            hint="Its input has to cover the data: more rows of rare categories, or features without them.",
        )


def _line(row: Row, answer: Scores, model: ModelDescription, attributes: Sequence[str]) -> list[object]:
    groups = [row[name] for name in attributes]
    if not model.classes:
        return [row["row_id"], repr(as_number(row["truth"])), repr(float(answer)), *groups]
    scores = [repr(float(score)) for score in answer]
    return [row["row_id"], row["truth"], model.classes[model.choose(answer)], *scores, *groups]


if __name__ == "__main__":
    run_step(main)
