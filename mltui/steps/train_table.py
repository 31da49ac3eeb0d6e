"""The train step of the table template: rows in, an ONNX model and its history out.

`python -m mltui.steps.train_table`; needs scikit-learn, skl2onnx, onnx and onnxruntime.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, root_mean_squared_error
from sklearn.pipeline import Pipeline

from mltui.serving.description import ModelDescription, RowInput
from mltui.serving.model import OUTPUTS, ServedModel
from mltui.serving.rows import row_from_text
from mltui.steps.contract import Step, StepFailed, run_step, write_json
from mltui.steps.datasets import TRAIN, VALIDATION, Schema, read_schema
from mltui.steps.estimators import build_pipeline, table_parameters
from mltui.steps.export import REFERENCE_ROWS, Conversion, check_conversion, write_model
from mltui.steps.matrix import MATRIX, ML_OPSET, Column, Matrix, columns_of, prepend_columns, to_matrix
from mltui.steps.tables import Row, as_number, read_table

WAY_OUT = "Take another model, or fewer and shallower trees: sums of many float32 numbers drift from float64."

OPSETS = {"": 18, "ai.onnx.ml": ML_OPSET}

Truth = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one split."""

    rows: list[Row]
    matrix: Matrix
    truth: Truth
    """Labels as text, or numbers."""


def main(step: Step) -> None:
    training = step.input("training")
    schema = read_schema(training)
    if schema.kind != "table" or schema.features is None or schema.target is None:
        raise StepFailed(f"the table template cannot learn from {schema.kind}", hint='Use template = "image".')
    parameters = table_parameters(schema.task, step.parameters.get("parameters", {}))
    columns = columns_of(schema.features)
    _, rows = read_table(training / "rows.csv")
    parts = {name: _part(rows, name, schema, columns) for name in (TRAIN, VALIDATION)}
    step.progress.report(0, 1, unit="fit")
    started = time.monotonic()
    fitted = build_pipeline(schema.task, parameters, columns).fit(parts[TRAIN].matrix, parts[TRAIN].truth)
    epoch = {"epoch": 1, "seconds": round(time.monotonic() - started, 3), **_figures(fitted, parts, schema)}
    step.progress.report(1, 1, unit="fit", metrics={name: value for name, value in epoch.items() if name != "epoch"})
    conversion = _export(step, fitted, schema, columns, parts, model=parameters.model)
    write_json(step.output("history") / "history.json", _history(epoch, conversion, schema))


def _part(rows: list[Row], split: str, schema: Schema, columns: tuple[Column, ...]) -> Part:
    mine = [row for row in rows if row["split"] == split]
    if not mine:
        raise StepFailed(f"the {split} split has no rows", hint="Give it a larger share in data.split.")
    texts = [row[str(schema.target)] for row in mine]
    truth = np.array(texts) if schema.classes else np.array([_number(text) for text in texts])
    return Part(mine, to_matrix(mine, columns), truth)


def _number(text: str) -> float:
    value = as_number(text)
    if value is None:
        raise StepFailed(f"the target has the value “{text}”, which is no number")
    return value


def _figures(fitted: Pipeline, parts: dict[str, Part], schema: Schema) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, part in parts.items():
        if schema.classes:
            scores = _probabilities(fitted, part.matrix, schema.classes)
            figures[f"{name}_loss"] = float(log_loss(part.truth, scores, labels=list(schema.classes)))
            predicted = np.array(schema.classes)[scores.argmax(axis=1)]
            figures[f"{name}_accuracy"] = float(accuracy_score(part.truth, predicted))
        else:
            values = fitted.predict(part.matrix)
            figures[f"{name}_loss"] = float(root_mean_squared_error(part.truth, values))
            figures[f"{name}_mae"] = float(mean_absolute_error(part.truth, values))
    return figures


def _probabilities(fitted: Pipeline, matrix: Matrix, classes: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """[N, C] in the order of `classes`; scikit-learn sorts them too, but train may lack one."""
    if tuple(fitted.classes_) != classes:
        raise StepFailed(
            f"training has only the classes {', '.join(fitted.classes_)} of {', '.join(classes)}",
            hint="Add rows of the missing class, or give training a larger share.",
        )
    scores: npt.NDArray[np.float64] = fitted.predict_proba(matrix)
    return scores


def _export(
    step: Step, fitted: Pipeline, schema: Schema, columns: tuple[Column, ...], parts: dict[str, Part], *, model: str
) -> Conversion:
    assert schema.features is not None
    description = ModelDescription(
        task=schema.task,  # type: ignore[arg-type]
        classes=schema.classes or (),
        input=RowInput(tuple(schema.features)),
        target=schema.target,
        made_by={"template": "table", "model": model, "libraries": _libraries()},
    )
    served = write_model(step.output("model"), to_graph(fitted, schema, columns), description)
    rows = [*parts[VALIDATION].rows, *parts[TRAIN].rows][:REFERENCE_ROWS]
    matrix = to_matrix(rows, columns)
    trained = _probabilities(fitted, matrix, schema.classes) if schema.classes else fitted.predict(matrix)
    return check_conversion(trained, _served(served, rows), model=model, way_out=WAY_OUT)


def to_graph(fitted: Pipeline, schema: Schema, columns: tuple[Column, ...]) -> onnx.ModelProto:
    """Inputs by feature, the one output `scores` [N, C] or `value` [N, 1]."""
    options = {id(fitted): {"zipmap": False}} if schema.classes else None
    taken = [(MATRIX, FloatTensorType([None, len(columns)]))]
    model = to_onnx(fitted, initial_types=taken, options=options, target_opset=OPSETS)
    answer = model.graph.output[1 if schema.classes else 0].name
    wanted = OUTPUTS[schema.task]
    for node in model.graph.node:
        for index, name in enumerate(node.output):
            if name == answer:
                node.output[index] = wanted
        for index, name in enumerate(node.input):
            if name == answer:
                node.input[index] = wanted
    width = len(schema.classes) if schema.classes else 1
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(wanted, onnx.TensorProto.FLOAT, [None, width]))
    return prepend_columns(model, columns)


def _served(served: ServedModel, rows: list[Row]) -> npt.NDArray[np.float32]:
    spec = served.description.input
    assert isinstance(spec, RowInput)
    return served.predict([row_from_text(row, spec) for row in rows])


def _history(epoch: dict[str, float], conversion: Conversion, schema: Schema) -> dict[str, object]:
    metric = "validation_accuracy" if schema.classes else "validation_loss"
    return {
        "epochs": [epoch],
        "best_epoch": 1,
        "selection": {"metric": metric, "value": epoch[metric]},
        "conversion": conversion.as_json(),
        "libraries": _libraries(),
    }


def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("scikit-learn", "skl2onnx", "onnx", "numpy")}


if __name__ == "__main__":
    run_step(main)
