"""From a scikit-learn pipeline over columns to ONNX with one input per feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

from mltui.serving.description import Feature
from mltui.serving.model import OUTPUTS

ROWS = "N"


def pipeline_to_onnx(pipeline: Any, features: Sequence[Feature], *, task: str) -> onnx.ModelProto:
    """Inputs [N, 1] named as the features, float32 or string; one output, `scores` [N, C] or `value` [N, 1]."""
    types = {"number": FloatTensorType, "category": StringTensorType}
    inputs = [(f"f{place}", types[feature.type]([None, 1])) for place, feature in enumerate(features)]
    is_classification = task == "classification"
    options = {id(pipeline): {"zipmap": False}} if is_classification else None
    model: onnx.ModelProto = to_onnx(pipeline, initial_types=inputs, options=options)
    answer = model.graph.output[1 if is_classification else 0]
    _keep_output(model.graph, answer.name)
    names = {name: feature.name for (name, _), feature in zip(inputs, features, strict=True)}
    _rename(model.graph, names | {answer.name: OUTPUTS[task]})
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = ROWS
    return model


def _keep_output(graph: onnx.GraphProto, name: str) -> None:
    """Without the label, which is read off the scores, and what only the label needs."""
    needed, kept = {name}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    nodes, outputs = kept[::-1], [value for value in graph.output if value.name == name]
    initializers = [tensor for tensor in graph.initializer if tensor.name in needed]
    for field, values in ((graph.node, nodes), (graph.output, outputs), (graph.initializer, initializers)):
        _replace(field, values)


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Names inputs and output; all other tensors get a prefix that no feature begins with."""
    prefix = "/"
    while any(name.startswith(prefix) for name in names.values()):
        prefix += "/"

    def renamed(name: str) -> str:
        return names.get(name, prefix + name) if name else ""

    for value in [*graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        value.name = renamed(value.name)
    for node in graph.node:
        _rename_all(node.input, renamed)
        _rename_all(node.output, renamed)


def _rename_all(field: Any, renamed: Callable[[str], str]) -> None:
    _replace(field, [renamed(name) for name in field])


def _replace(field: Any, values: list[Any]) -> None:
    copies = list(values)
    del field[:]
    field.extend(copies)
