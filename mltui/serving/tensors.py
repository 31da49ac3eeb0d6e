"""Tensors of the Open Inference Protocol: from JSON or raw bytes to flat arrays with a shape, and back."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from mltui.serving.description import InvalidInput

TEXTS = "BYTES"
NUMBERS: Mapping[str, type[np.generic]] = {
    "BOOL": np.bool_,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}
MOST_SIDES = 4
_LENGTH_BYTES = 4

Values = Sequence[Any] | npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Tensor:
    name: str
    datatype: str
    shape: tuple[int, ...]
    values: Values
    """Row-major. Of BYTES: texts where they came as JSON, bytes where they came raw; None is a null of JSON."""

    def as_json(self) -> dict[str, object]:
        values = self.values.tolist() if isinstance(self.values, np.ndarray) else list(self.values)
        return {**self._head(), "data": values}

    def as_raw(self) -> tuple[dict[str, object], bytes]:
        """The head in JSON, and the bytes that follow: little-endian, each text behind its length."""
        raw = b"".join(map(_with_length, self.values)) if self.datatype == TEXTS else _little_endian(self)
        return {**self._head(), "parameters": {"binary_data_size": len(raw)}}, raw

    def _head(self) -> dict[str, object]:
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


def read_tensors(records: object, raw: bytes) -> Iterator[Tensor]:
    """`inputs` of a request; what is sent raw stands one behind the other in `raw`. Raises `InvalidInput`."""
    if not isinstance(records, list) or not records:
        raise invalid("`inputs` is not a list of at least one tensor")
    at = 0
    for record in records:
        name, datatype, shape = _head_of(record)
        size = _raw_size(record)
        if size is None:
            yield Tensor(name, datatype, shape, _from_json(record.get("data"), name, datatype, shape))
            continue
        if at + size > len(raw):
            raise invalid(f"{name!r} has fewer bytes than its binary_data_size of {size}")
        yield Tensor(name, datatype, shape, _from_raw(raw[at : at + size], name, datatype, shape))
        at += size
    if at != len(raw):
        raise invalid(f"{len(raw) - at} bytes behind the JSON belong to no tensor")


def invalid(message: str) -> InvalidInput:
    return InvalidInput(400, "not_a_tensor", message)


def _head_of(record: object) -> tuple[str, str, tuple[int, ...]]:
    if not isinstance(record, dict) or not isinstance(name := record.get("name"), str):
        raise invalid("an input is not an object with a name")
    datatype, shape = record.get("datatype"), record.get("shape")
    if not isinstance(datatype, str) or (datatype != TEXTS and datatype not in NUMBERS):
        raise invalid(f"{name!r} has no known datatype; there are {', '.join([TEXTS, *NUMBERS])}")
    if not isinstance(shape, list) or not 1 <= len(shape) <= MOST_SIDES or not all(type(side) is int for side in shape):
        raise invalid(f"{name!r} has no shape of 1 to {MOST_SIDES} whole numbers")
    if min(shape) < 1:
        raise invalid(f"{name!r} has a side of {min(shape)}; the least is 1")
    return name, datatype, tuple(shape)


def _raw_size(record: Mapping[str, Any]) -> int | None:
    parameters = record.get("parameters") or {}
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if size is not None and (type(size) is not int or size < 0):
        raise invalid("binary_data_size is not a number of bytes")
    return size


def _from_json(data: object, name: str, datatype: str, shape: tuple[int, ...]) -> Values:
    if not isinstance(data, list):
        raise invalid(f"{name!r} has no `data`")
    values = _flat(data, name, shape)
    _check_count(len(values), name, shape)
    allowed = _allowed_types(datatype)
    for kind in set(map(type, values)) - allowed:
        raise InvalidInput(422, "wrong_type", f"{name!r} says {datatype} and holds {kind.__name__}")
    if datatype in ("BOOL", TEXTS) or datatype.startswith("FP") or type(None) in set(map(type, values)):
        return values
    try:
        return np.array(values, dtype=NUMBERS[datatype])
    except OverflowError as error:
        raise InvalidInput(422, "wrong_type", f"{name!r} holds a number beyond {datatype}") from error


def _allowed_types(datatype: str) -> set[type]:
    if datatype == TEXTS:
        return {str, type(None)}
    if datatype == "BOOL":
        return {bool}
    return {int, float, type(None)} if datatype.startswith("FP") else {int, type(None)}


def _flat(data: list[Any], name: str, shape: tuple[int, ...]) -> list[Any]:
    """Row-major, whether it is nested as the shape says or flat already."""
    for side in shape[1:]:
        if not data or not isinstance(data[0], list):
            break
        if any(not isinstance(part, list) or len(part) != side for part in data):
            raise invalid(f"`data` of {name!r} is not nested as its shape {list(shape)} says")
        data = list(chain.from_iterable(data))
    return data


def _from_raw(raw: bytes, name: str, datatype: str, shape: tuple[int, ...]) -> Values:
    if datatype == TEXTS:
        texts = list(_texts(raw, name))
        _check_count(len(texts), name, shape)
        return texts
    kind = np.dtype(NUMBERS[datatype]).newbyteorder("<")
    if len(raw) != math.prod(shape) * kind.itemsize:
        raise invalid(f"{name!r} has {len(raw)} bytes, not those of {datatype} in shape {list(shape)}")
    return np.frombuffer(raw, dtype=kind)


def _texts(raw: bytes, name: str) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        begin = at + _LENGTH_BYTES
        if begin > len(raw) or (end := begin + int.from_bytes(raw[at:begin], "little")) > len(raw):
            raise invalid(f"{name!r} ends within a text")
        yield raw[begin:end]
        at = end


def _check_count(count: int, name: str, shape: tuple[int, ...]) -> None:
    if count != math.prod(shape):
        raise invalid(f"{name!r} holds {count} values; its shape {list(shape)} says {math.prod(shape)}")


def _with_length(text: str | bytes) -> bytes:
    content = text.encode() if isinstance(text, str) else text
    return struct.pack("<I", len(content)) + content


def _little_endian(tensor: Tensor) -> bytes:
    return np.asarray(tensor.values, dtype=np.dtype(NUMBERS[tensor.datatype]).newbyteorder("<")).tobytes()
