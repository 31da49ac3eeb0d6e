"""From the tensors of a request to a model's inputs, and from its answers to tensors."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mltui.serving.description import Feature, InvalidInput, ModelDescription, PictureInput, RowInput
from mltui.serving.protocol import PICTURE
from mltui.serving.tensors import TEXTS, Tensor, Values

if TYPE_CHECKING:
    from mltui.serving.model import Input

MOST_PICTURES = 32
MOST_ROWS = 1024


def model_inputs(tensors: Sequence[Tensor], description: ModelDescription) -> list[Input]:
    """One input for each row of the batch; raises `InvalidInput`."""
    rows = tensors[0].shape[0]
    is_picture = isinstance(description.input, PictureInput)
    most = MOST_PICTURES if is_picture else MOST_ROWS
    if rows > most:
        raise InvalidInput(413, "too_many_rows", f"a batch of {rows}, more than the {most} that are allowed")
    if len({tensor.name for tensor in tensors}) != len(tensors):
        raise InvalidInput(422, "named_twice", "two inputs have the same name")
    if isinstance(description.input, PictureInput):
        return list(_pictures(tensors))
    return _rows(tensors, description.input, rows)


def outputs(answers: Sequence[Any], description: ModelDescription) -> list[Tensor]:
    """`answers` are scores [C] or a value, one for each row."""
    count, classes = len(answers), description.classes
    if not classes:
        return [Tensor("value", "FP64", (count,), np.array(answers, dtype=np.float64))]
    scores = np.stack(answers)
    labels = [classes[description.choose(each)] for each in scores]
    return [
        Tensor("label", TEXTS, (count,), labels),
        Tensor("scores", "FP32", (count, len(classes)), scores.reshape(-1)),
    ]


def _pictures(tensors: Sequence[Tensor]) -> Iterator[Input]:
    if len(tensors) > 1 or tensors[0].name != PICTURE:
        raise InvalidInput(422, "unknown_field", f"this model takes one input, {PICTURE!r}")
    tensor = tensors[0]
    if tensor.datatype == TEXTS and _is_column(tensor):
        yield from map(_file_bytes, tensor.values)
    elif tensor.datatype == "UINT8" and len(tensor.shape) == 4 and tensor.shape[3] == 3:
        if not isinstance(tensor.values, np.ndarray):
            raise InvalidInput(422, "null_not_allowed", f"a pixel of {PICTURE!r} is null")
        yield from tensor.values.astype(np.uint8, copy=False).reshape(tensor.shape)
    else:
        raise InvalidInput(422, "wrong_type", f"{PICTURE!r} is BYTES [n], or UINT8 [n, height, width, 3]")


def _file_bytes(value: object) -> bytes:
    """JSON holds base64, since it cannot hold a picture file as it is."""
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(422, "wrong_type", f"a text of {PICTURE!r} is not base64") from error


def _rows(tensors: Sequence[Tensor], spec: RowInput, count: int) -> list[Input]:
    if (matrix := _matrix(tensors, spec)) is not None:
        return matrix
    features = {feature.name: feature for feature in spec.features}
    columns = {tensor.name: _column(tensor, features.get(tensor.name), count) for tensor in tensors}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _matrix(tensors: Sequence[Tensor], spec: RowInput) -> list[Input] | None:
    """Rows of a single tensor [n, features], in the features' order; None where it is none."""
    names = [feature.name for feature in spec.features]
    first = tensors[0]
    if len(tensors) > 1 or first.name in names or first.shape[1:] != (len(names),):
        return None
    if any(feature.type != "number" for feature in spec.features):
        raise InvalidInput(422, "wrong_type", "a model that takes categories wants one input for each feature")
    values = list(_numbers(first))
    return [dict(zip(names, values[at : at + len(names)], strict=True)) for at in range(0, len(values), len(names))]


def _column(tensor: Tensor, feature: Feature | None, count: int) -> list[object]:
    """An input of no feature goes through as it is: the row's own check refuses it by name."""
    if not _is_column(tensor) or tensor.shape[0] != count:
        raise InvalidInput(422, "wrong_shape", f"{tensor.name!r} is not of shape [{count}] or [{count}, 1]")
    if feature is not None and feature.type == "category":
        if tensor.datatype != TEXTS:
            raise InvalidInput(422, "wrong_type", f"{tensor.name!r} wants BYTES")
        return [_category(value, tensor.name, feature) for value in tensor.values]
    if feature is None:
        return list(tensor.values)
    return list(_numbers(tensor))


def _numbers(tensor: Tensor) -> Iterator[object]:
    """NaN, which only raw data can hold, is null."""
    if tensor.datatype in (TEXTS, "BOOL"):
        raise InvalidInput(422, "wrong_type", f"{tensor.name!r} wants numbers")
    values: Values = tensor.values.tolist() if isinstance(tensor.values, np.ndarray) else tensor.values
    for value in values:
        yield None if isinstance(value, float) and math.isnan(value) else value


def _category(value: object, name: str, feature: Feature) -> str | None:
    if not isinstance(value, bytes):
        return value if isinstance(value, str) else None
    if not value and feature.nullable:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(422, "wrong_type", f"{name!r} holds bytes that are no UTF-8") from error


def _is_column(tensor: Tensor) -> bool:
    return len(tensor.shape) == 1 or tensor.shape[1:] == (1,)
