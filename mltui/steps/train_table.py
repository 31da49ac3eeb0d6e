"""The train step of the table template: typed rows in, an ONNX model and its history out.

`python -m mltui.steps.train_table`; needs scikit-learn, skl2onnx, onnx and onnxruntime.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from mltui.serving.description import Feature, InvalidInput, ModelDescription, RowInput
from mltui.serving.preprocessing import row_from_text, row_tensors
from mltui.steps.contract import Step, StepFailed, run_step, write_json
from mltui.steps.datasets import TRAIN, VALIDATION, Schema, read_schema
from mltui.steps.export import REFERENCE_ROWS, Conversion, check_conversion, write_model
from mltui.steps.export_table import pipeline_to_onnx
from mltui.steps.table_models import TableModel, read_table_model
from mltui.steps.tables import Row, as_number, read_table, require_columns

Matrix = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class TableSet:
    """Rows of one split: [N, F] with float32 and str cells, and classes by place or numbers [N]."""

    cells: Matrix
    targets: Numbers
    rows: Sequence[Row]


def main(step: Step) -> None:
    training = step.input("training")
    schema = read_schema(training)
    if schema.kind != "table" or schema.features is None:
        raise StepFailed(f"the table template cannot learn from {schema.kind}", hint='Use template = "image".')
    model = read_table_model(step.parameters.get("parameters", {}), task=schema.task)
    train, validation = (_read_split(training, schema, split) for split in (TRAIN, VALIDATION))
    step.progress.report(0, 1, unit="fit")
    started = time.monotonic()
    with threadpool_limits(step.cpus):
        pipeline = _pipeline(schema.features, model, task=schema.task, threads=step.cpus)
        pipeline.fit(train.cells, train.targets)
    metrics = {"epoch": 1, **_measured(pipeline, train, validation, schema)}
    metrics["seconds"] = round(time.monotonic() - started, 3)
    step.progress.report(1, 1, unit="fit", metrics=metrics)
    print(" ".join(f"{name}={value:.4g}" for name, value in metrics.items()))
    conversion = _export(step, pipeline, [validation, train], schema, model)
    write_json(step.output("history") / "history.json", _history(metrics, conversion, task=schema.task))


def _read_split(training: Path, schema: Schema, split: str) -> TableSet:
    features, target = schema.features or (), schema.target or ""
    columns, rows = read_table(training / "rows.csv")
    require_columns(columns, ["split", *(each.name for each in features), target], file="training/rows.csv")
    chosen = [row for row in rows if row["split"] == split]
    if not chosen:
        raise StepFailed(f"training/rows.csv has no rows of the split {split}")
    spec = RowInput(features)
    try:
        tensors = row_tensors([row_from_text(row, spec) for row in chosen], spec)
    except InvalidInput as error:
        raise StepFailed(f"training/rows.csv does not fit its schema: {error.message}") from None
    cells = np.empty((len(chosen), len(features)), dtype=object)
    for place, feature in enumerate(features):
        cells[:, place] = tensors[feature.name][:, 0]
    return TableSet(cells, _targets([row[target] for row in chosen], schema), chosen)


def _targets(texts: Sequence[str], schema: Schema) -> Numbers:
    numbers = {name: float(place) for place, name in enumerate(schema.classes)} if schema.classes else {}
    found = [numbers.get(text) if schema.classes else as_number(text) for text in texts]
    if None in found:
        raise StepFailed(f"training/rows.csv has the target {texts[found.index(None)]!r}, which its schema has not")
    return np.array(found, dtype=np.float64)


def _pipeline(features: Sequence[Feature], model: TableModel, *, task: str, threads: int) -> Pipeline:
    numbers = [place for place, feature in enumerate(features) if feature.type == "number"]
    categories = [place for place, feature in enumerate(features) if feature.type == "category"]
    known = [[*[""] * features[place].nullable, *features[place].categories] for place in categories]
    steps: list[tuple[str, Any]] = [("impute", SimpleImputer(strategy="median"))]
    if model.is_scaled:
        steps.append(("scale", StandardScaler()))
    encoder = OneHotEncoder(categories=known, handle_unknown="ignore", sparse_output=False)
    parts = [("numbers", Pipeline(steps), numbers)] * bool(numbers) + [("categories", encoder, categories)] * bool(
        known
    )
    return Pipeline([("columns", ColumnTransformer(parts)), ("model", model.estimator(task, threads=threads))])


def _answers(pipeline: Pipeline, table: TableSet, schema: Schema) -> Numbers:
    """Probabilities [N, C] or values [N]."""
    found = pipeline.predict_proba(table.cells) if schema.classes else pipeline.predict(table.cells)
    if schema.classes and found.shape[1] != len(schema.classes):
        raise StepFailed("a class of the schema has no row to train on", hint="Add rows of every class.")
    answers: Numbers = np.asarray(found, dtype=np.float64)
    return answers


def _measured(pipeline: Pipeline, train: TableSet, validation: TableSet, schema: Schema) -> dict[str, float]:
    metrics = {}
    for name, table in (("train", train), ("validation", validation)):
        answers = _answers(pipeline, table, schema)
        if schema.classes:
            places = list(range(len(schema.classes)))
            metrics[f"{name}_loss"] = float(log_loss(table.targets, answers, labels=places))
            metrics[f"{name}_accuracy"] = float(accuracy_score(table.targets, answers.argmax(axis=1)))
        else:
            metrics[f"{name}_loss"] = float(mean_squared_error(table.targets, answers))
            if len(answers) > 1:
                metrics[f"{name}_r2"] = float(r2_score(table.targets, answers))
    return metrics


def _export(
    step: Step, pipeline: Pipeline, tables: Sequence[TableSet], schema: Schema, model: TableModel
) -> Conversion:
    features = schema.features or ()
    description = ModelDescription(
        task="classification" if schema.classes else "regression",
        classes=schema.classes or (),
        input=RowInput(features),
        target=schema.target,
        made_by={"template": "table", "model": model.model, "libraries": _libraries()},
    )
    served = write_model(step.output("model"), pipeline_to_onnx(pipeline, features, task=schema.task), description)
    rows = [row_from_text(row, RowInput(features)) for table in tables for row in table.rows][:REFERENCE_ROWS]
    trained = np.concatenate([_answers(pipeline, table, schema) for table in tables])[:REFERENCE_ROWS]
    return check_conversion(trained, served.predict(rows), model=model.model, way_out=model.way_out)


def _history(metrics: dict[str, float], conversion: Conversion, *, task: str) -> dict[str, object]:
    metric = "validation_accuracy" if task == "classification" else "validation_loss"
    return {
        "epochs": [metrics],
        "best_epoch": 1,
        "selection": {"metric": metric, "value": metrics[metric]},
        "conversion": conversion.as_json(),
        "libraries": _libraries(),
    }


def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("scikit-learn", "skl2onnx", "onnx")}


if __name__ == "__main__":
    run_step(main)
