"""Turns a JSON object into a frozen dataclass, strictly: unknown names and wrong types are refused with what exists.

The dataclass says it all: field names, types, defaults, and in `metadata` the keys `least`, `most` and `choices`.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from mltui.steps.contract import StepFailed

Values = TypeVar("Values")

TYPE_NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def limited(
    default: Any, *, least: float | None = None, most: float | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """A dataclass field with a default and bounds, both inclusive."""
    return dataclasses.field(default=default, metadata={"least": least, "most": most, "choices": choices})


def read_parameters(kind: type[Values], given: Mapping[str, object], *, what: str) -> Values:
    """`what` names the parameters in a message, for instance "the image template"."""
    if not isinstance(given, Mapping):
        raise StepFailed(f"the parameters of {what} are not a JSON object")
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    listed = ", ".join(_described(field) for field in fields.values())
    unknown = sorted(set(given) - set(fields))
    if unknown:
        raise StepFailed(f"{what} has no parameter {', '.join(unknown)}", hint=f"It has: {listed}.")
    missing = [name for name, field in fields.items() if _is_required(field) and name not in given]
    if missing:
        raise StepFailed(f"{what} needs the parameter {', '.join(missing)}", hint=f"It has: {listed}.")
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(fields[name], hints[name], given[name], what=what) for name in given})


def _value(field: dataclasses.Field[Any], hint: Any, value: object, *, what: str) -> object:
    expected = TYPE_NAMES.get(hint, "a list of texts")
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
        expected = f"{TYPE_NAMES[hint]} or null"
    converted = _converted(hint, value)
    if converted is None:
        raise StepFailed(f"{field.name} of {what} is {value!r}, not {expected}", hint=f"Give {_described(field)}.")
    _check_bounds(field, converted, what=what)
    return converted


def _converted(hint: Any, value: object) -> object | None:
    """None where the value has another type; JSON's whole numbers pass as floats, its booleans never as numbers."""
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if hint in (int, bool, str) and type(value) is hint:
        return value
    if typing.get_origin(hint) is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


def _check_bounds(field: dataclasses.Field[Any], value: Any, *, what: str) -> None:
    least, most, choices = (field.metadata.get(name) for name in ("least", "most", "choices"))
    is_inside = (least is None or value >= least) and (most is None or value <= most)
    if not is_inside or (choices and value not in choices):
        raise StepFailed(f"{field.name} of {what} is {value!r}", hint=f"Give {_described(field)}.")


def _described(field: dataclasses.Field[Any]) -> str:
    least, most, choices = (field.metadata.get(name) for name in ("least", "most", "choices"))
    bounds = [f"at least {least}"] * (least is not None) + [f"at most {most}"] * (most is not None)
    if choices:
        bounds = [f"one of {', '.join(choices)}"]
    return f"{field.name} ({', '.join(bounds)})" if bounds else field.name


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
