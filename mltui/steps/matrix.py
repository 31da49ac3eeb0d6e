"""A table as one matrix of floats: numbers as they are, categories as codes; in numpy, and the same again in ONNX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from mltui.serving.description import Feature
from mltui.steps.contract import StepFailed
from mltui.steps.tables import Row, as_number

Matrix = npt.NDArray[np.float64]

MATRIX = "matrix"
"""Name of the tensor [N, F] that the features are joined to."""

ML_DOMAIN, ML_OPSET = "ai.onnx.ml", 3


@dataclass(frozen=True, slots=True)
class Column:
    """One feature; `categories` is None for a number. A nullable category has one code more, for what is missing."""

    name: str
    categories: tuple[str, ...] | None
    is_nullable: bool

    @property
    def codes(self) -> int:
        return len(self.categories or ()) + self.is_nullable


def columns_of(features: Sequence[Feature]) -> tuple[Column, ...]:
    return tuple(
        Column(each.name, tuple(each.categories) if each.type == "category" else None, each.nullable)
        for each in features
    )


def to_matrix(rows: Sequence[Row], columns: Sequence[Column]) -> Matrix:
    """[N, F]; rounded to float32, because that is what the server will see."""
    matrix = np.empty((len(rows), len(columns)), dtype=np.float32)
    for index, column in enumerate(columns):
        codes = _codes(column)
        for number, row in enumerate(rows):
            matrix[number, index] = _cell(row[column.name], column, codes)
    return matrix.astype(np.float64)


def prepend_columns(model: onnx.ModelProto, columns: Sequence[Column]) -> onnx.ModelProto:
    """`model` takes `matrix` [N, F]; the result takes one input [N, 1] a feature, as the server gives them."""
    graph, nodes, inputs = model.graph, [], []
    for index, column in enumerate(columns):
        is_number = column.categories is None
        kind = TensorProto.FLOAT if is_number else TensorProto.STRING
        inputs.append(helper.make_tensor_value_info(column.name, kind, [None, 1]))
        if not is_number:
            nodes.append(_encoder(column, f"{MATRIX}_{index}"))
    names = [column.name if column.categories is None else f"{MATRIX}_{i}" for i, column in enumerate(columns)]
    nodes.append(helper.make_node("Concat", names, [MATRIX], axis=1))
    kept = list(graph.node)
    del graph.node[:]
    del graph.input[:]
    graph.node.extend([*nodes, *kept])
    graph.input.extend(inputs)
    known = [each for each in model.opset_import if each.domain != ML_DOMAIN]
    del model.opset_import[:]
    model.opset_import.extend([*known, helper.make_opsetid(ML_DOMAIN, ML_OPSET)])
    return model


def _encoder(column: Column, output: str) -> onnx.NodeProto:
    codes = _codes(column)
    return helper.make_node(
        "LabelEncoder",
        [column.name],
        [output],
        domain=ML_DOMAIN,
        keys_strings=list(codes),
        values_floats=[float(code) for code in codes.values()],
        default_float=-1.0,
    )


def _codes(column: Column) -> dict[str, int]:
    names = [*(column.categories or ()), *([""] if column.is_nullable and column.categories is not None else [])]
    return {name: code for code, name in enumerate(names)}


def _cell(text: str, column: Column, codes: dict[str, int]) -> float:
    if column.categories is not None:
        if text not in codes:
            raise StepFailed(f"{column.name} has the value “{text}”, which schema.json does not list")
        return codes[text]
    if text == "":
        return math.nan
    value = as_number(text)
    if value is None:
        raise StepFailed(f"{column.name} has the value “{text}”, which is no number")
    return value
