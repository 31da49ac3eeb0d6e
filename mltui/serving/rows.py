"""From rows of named values to one tensor per feature."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mltui.serving.description import Feature, InvalidInput, RowInput

_NO_ROWS = np.empty((0, 1))
_LARGEST = float(np.finfo(np.float32).max)


def row_tensors(rows: Sequence[Mapping[str, object]], spec: RowInput) -> dict[str, npt.NDArray[np.generic]]:
    """One array [N, 1] per feature: float32 with NaN for null, or objects (str) with "" for null.

    Raises `InvalidInput` 422 for a field that is missing, not known, of the wrong type or out of range.
    """
    for row in rows:
        if not spec.names.issuperset(row):
            unknown = next(name for name in row if name not in spec.names)
            raise InvalidInput(422, "unknown_field", f"field {_shown(unknown)} is not known to this model")
    return {feature.name: _column(rows, feature) for feature in spec.features}


def row_from_text(texts: Mapping[str, str], spec: RowInput) -> dict[str, object]:
    """The row that a CSV line means: empty is null, a number is parsed; what cannot be stays text for `row_tensors`."""
    return {
        feature.name: _value_of_text(texts[feature.name], feature) for feature in spec.features if feature.name in texts
    }


def _value_of_text(text: str, feature: Feature) -> object:
    if text == "":
        return None
    if feature.type == "category":
        return text
    try:
        return float(text)
    except ValueError:
        return text


def _column(rows: Sequence[Mapping[str, object]], feature: Feature) -> npt.NDArray[np.generic]:
    if feature.type == "number":
        return np.array([[_number(row, feature)] for row in rows] or _NO_ROWS, dtype=np.float32)
    return np.array([[_category(row, feature)] for row in rows] or _NO_ROWS, dtype=object)


def _number(row: Mapping[str, object], feature: Feature) -> float:
    value = row.get(feature.name)
    if (type(value) is float or type(value) is int) and abs(value) <= _LARGEST:
        return float(value)
    value = _given(row, feature)
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(422, "wrong_type", f"field {feature.name!r} wants a number")
    raise InvalidInput(422, "not_finite", f"field {feature.name!r} wants a finite number within ±3.4e38")


def _category(row: Mapping[str, object], feature: Feature) -> str:
    value = row.get(feature.name)
    if type(value) is str and value in feature.known:
        return value
    value = _given(row, feature)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(422, "wrong_type", f"field {feature.name!r} wants a text")
    message = f"field {feature.name!r} does not know the category {_shown(value)}"
    raise InvalidInput(422, "unknown_category", message)


def _given(row: Mapping[str, object], feature: Feature) -> object:
    if feature.name not in row:
        raise InvalidInput(422, "missing_field", f"field {feature.name!r} is missing")
    value = row[feature.name]
    if value is None and not feature.nullable:
        raise InvalidInput(422, "null_not_allowed", f"field {feature.name!r} may not be null")
    return value


def _shown(text: object) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else shown[:59] + "…"
