"""The evaluate step: the model that will be served answers the held-out rows, through the server's own preprocessing.

`python -m mltui.steps.evaluate`; needs onnxruntime, numpy and Pillow.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mltui.serving.description import InvalidInput, ModelDescription, ModelInvalid, RowInput
from mltui.serving.model import Input, ServedModel
from mltui.serving.rows import row_from_text
from mltui.steps.contract import Step, StepFailed, run_step, write_json
from mltui.steps.datasets import ATTRIBUTE_PREFIX, SCORE_PREFIX, Schema, read_schema
from mltui.steps.model_classes import check_written_classes
from mltui.steps.tables import Row, batches, read_table, require_columns, write_table

BATCH_ROWS = 32


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The rows that no training has seen."""

    folder: Path
    columns: list[str]
    rows: list[Row]

    @property
    def attributes(self) -> list[str]:
        """Columns of sensitive attributes, with their prefix."""
        return [column for column in self.columns if column.startswith(ATTRIBUTE_PREFIX)]


def main(step: Step) -> None:
    held_out = read_held_out(step.input("held_out"))
    model = open_model(step.input("model"), threads=step.cpus)
    check_fit(model.description, read_schema(held_out.folder))
    check_written_classes(step.input("model"), model.description)
    started = time.monotonic()
    answers = np.concatenate(list(_answers(model, held_out, step)))
    seconds = time.monotonic() - started
    _write(step.output("evaluation") / "evaluation.csv", model.description, held_out, answers)
    report = {"rows": len(held_out.rows), "seconds": round(seconds, 3), "skipped": 0}
    write_json(step.output("report") / "report.json", report)


def read_held_out(folder: Path) -> HeldOut:
    columns, rows = read_table(folder / "rows.csv")
    require_columns(columns, ["row_id", "truth"], file="rows.csv")
    if not rows:
        raise StepFailed("the held-out split has no rows", hint="Give data.split.held_out a larger share.")
    return HeldOut(folder, columns, rows)


def open_model(folder: Path, *, threads: int) -> ServedModel:
    try:
        return ServedModel.open(folder, threads=threads)
    except ModelInvalid as error:
        raise StepFailed(f"the model cannot be served: {error}", hint="Mend what the train step leaves.") from None


def check_fit(description: ModelDescription, schema: Schema) -> None:
    """Raises where the model answers another question than the data asks."""
    if description.task != schema.task:
        raise StepFailed(f"the model is for {description.task}, the data for {schema.task}")
    classes = schema.classes or ()
    if tuple(description.classes) != tuple(classes):
        raise StepFailed(
            f"the model's classes are {', '.join(description.classes)}; the data's are {', '.join(classes)}",
            hint="The train step has to leave the classes in the order of schema.json.",
        )


def _answers(model: ServedModel, held_out: HeldOut, step: Step) -> Iterator[npt.NDArray[np.float32]]:
    total = len(held_out.rows)
    for part in batches(total, BATCH_ROWS):
        rows = held_out.rows[part]
        try:
            yield model.predict(_inputs(model.description, held_out.folder, rows))
        except InvalidInput as error:
            names = ", ".join(row["row_id"] for row in rows[:3])
            raise StepFailed(f"the model cannot answer a held-out row (of {names}, …): {error.message}") from None
        if step.progress.is_due() or part.stop == total:
            step.progress.report(part.stop, total, unit="row")


def _inputs(description: ModelDescription, folder: Path, rows: Sequence[Row]) -> list[Input]:
    if isinstance(description.input, RowInput):
        return [row_from_text(row, description.input) for row in rows]
    return [(folder / row["file"]).read_bytes() for row in rows]


def _write(file: Path, description: ModelDescription, held_out: HeldOut, answers: npt.NDArray[np.float32]) -> None:
    scores = [f"{SCORE_PREFIX}{name}" for name in description.classes]
    columns = ["row_id", "truth", "prediction", *scores, *held_out.attributes]
    write_table(file, columns, _lines(description, held_out, answers))


def _lines(
    description: ModelDescription, held_out: HeldOut, answers: npt.NDArray[np.float32]
) -> Iterator[list[object]]:
    for row, answer in zip(held_out.rows, answers, strict=True):
        if description.classes:
            told: list[object] = [description.classes[int(answer.argmax())], *(repr(float(score)) for score in answer)]
        else:
            told = [repr(float(answer))]
        yield [row["row_id"], row["truth"], *told, *(row[name] for name in held_out.attributes)]


if __name__ == "__main__":
    run_step(main)
