"""Between a value's fields and a table's columns: moments, booleans, words, and mappings and tuples as JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Decoder = Callable[[Any], Any]


def decoders(value: type) -> tuple[Decoder, ...]:
    """One for each field of the dataclass, in the order of the fields."""
    hints = get_type_hints(value)
    return tuple(_decoder(hints[field.name]) for field in fields(value))


def empties(value: type) -> dict[str, str]:
    """Fields that are kept as JSON text → what stands there where they hold nothing."""
    hints = get_type_hints(value)
    origins = {field.name: get_origin(_without_none(hints[field.name])) for field in fields(value)}
    return {name: "[]" if origin is tuple else "{}" for name, origin in origins.items() if origin in (tuple, Mapping)}


def encoded(value: Any) -> Any:
    """What SQLite stores for a field. Raises `ValueError` for a moment without a zone and for numbers that are none."""
    if value is None or type(value) in (str, int, float):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Mapping | tuple | list):
        return json_text(value)
    return value


def in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """ISO text in UTC; sorts as the moments do."""
    return in_utc(moment).isoformat()


def json_text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} has no place in JSON")


def _decoder(hint: Any) -> Decoder:
    plain = _without_none(hint)
    if plain is datetime:
        return _optional(datetime.fromisoformat)
    if plain is bool or (isinstance(plain, type) and issubclass(plain, StrEnum)):
        return _optional(plain)
    if get_origin(plain) in (tuple, Mapping):
        build = _builder(plain)
        return _optional(lambda text: build(json.loads(text)))
    return _same


def _builder(hint: Any) -> Decoder:
    """From a JSON value to what the hint says: arrays to tuples, objects to mappings or dataclasses."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Mapping:
        item = _builder(arguments[1])
        return lambda value: {key: item(found) for key, found in value.items()}
    if origin is tuple and arguments[-1] is Ellipsis:
        item = _builder(arguments[0])
        return lambda value: tuple(item(found) for found in _array(value))
    if origin is tuple:
        items = [_builder(argument) for argument in arguments]
        return lambda value: tuple(build(found) for build, found in zip(items, _array(value), strict=True))
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: hint(**value)
    return float if hint is float else _same


def _array(value: Any) -> list[Any]:
    """A text would give its letters."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no array")
    return value


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        kept = [argument for argument in get_args(hint) if argument is not type(None)]
        return kept[0] if len(kept) == 1 else hint
    return hint


def _optional(decode: Decoder) -> Decoder:
    return lambda stored: None if stored is None else decode(stored)


def _same(stored: Any) -> Any:
    return stored
