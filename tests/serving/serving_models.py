"""Tiny real models, made with onnx alone, and pictures to ask them about."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from mltui.serving.description import Feature, ModelDescription, PictureInput, RowInput

OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]


def picture_spec(*, side: int = 8, max_bytes: int = 200_000, max_pixels: int = 1_000_000) -> PictureInput:
    return PictureInput(side, side, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), max_bytes, max_pixels)


def row_spec() -> RowInput:
    return RowInput(
        (
            Feature("income", "number"),
            Feature("age", "number", nullable=True),
            Feature("purpose", "category", ("car", "house")),
            Feature("region", "category", ("north", "south"), nullable=True),
        )
    )


def save(folder: Path, graph: onnx.GraphProto, description: ModelDescription) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=OPSETS, ir_version=9), folder / "model.onnx")
    (folder / "model.json").write_text(json.dumps(description.as_json()), "utf-8")
    return folder


def picture_graph(side: int, outputs: int) -> onnx.GraphProto:
    """The more red a picture is, the more the last class wins."""
    weights = np.zeros((3, outputs), np.float32)
    weights[0, -1], weights[2, 0] = 4, 4
    nodes = [
        helper.make_node("ReduceMean", ["picture", "sides"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    return helper.make_graph(
        nodes,
        "pictures",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 3, side, side])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", outputs])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array([2, 3]), "sides")],
    )


def row_graph() -> onnx.GraphProto:
    """`value` = income × 2, plus 1000 for a house."""
    two = numpy_helper.from_array(np.array([[2]], np.float32), "two")
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["purpose"],
            ["extra"],
            domain="ai.onnx.ml",
            keys_strings=["car", "house"],
            values_floats=[0.0, 1000.0],
        ),
        helper.make_node("Mul", ["income", "two"], ["doubled"]),
        helper.make_node("Add", ["doubled", "extra"], ["value"]),
    ]
    inputs = [
        helper.make_tensor_value_info(
            each.name, TensorProto.FLOAT if each.type == "number" else TensorProto.STRING, ["N", 1]
        )
        for each in row_spec().features
    ]
    outputs = [helper.make_tensor_value_info("value", TensorProto.FLOAT, ["N", 1])]
    return helper.make_graph(nodes, "rows", inputs, outputs, [two])


def make_picture_model(
    folder: Path, *, spec: PictureInput | None = None, classes: tuple[str, ...] = ("burrito", "taco")
) -> Path:
    spec = spec or picture_spec()
    description = ModelDescription("classification", classes, spec, made_by={"template": "image"})
    return save(folder, picture_graph(spec.width, len(classes)), description)


def make_row_model(folder: Path) -> Path:
    return save(folder, row_graph(), ModelDescription("regression", (), row_spec(), target="price"))


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(colour: str, size: tuple[int, int] = (20, 10), kind: str = "PNG") -> bytes:
    return encoded(Image.new("RGB", size, colour), kind)
