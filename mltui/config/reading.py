"""From TOML to frozen values; says where a mistake stands and what would be right."""

from __future__ import annotations

import re
import threading
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import reduce
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from mltui.domain.toml_lines import line_of_problem
from mltui.errors import ConfigInvalid

Value = TypeVar("Value")
_ONE_AT_A_TIME = threading.Lock()


def converted(text: str, type_: type[Value], where: str) -> Value:
    """Raises `ConfigInvalid` naming the key; `where` is what the file is called."""
    raw = _parse_toml(text, where)
    for problem, hint in _unknown_keys(raw, type_, path=""):
        raise told(problem, text, where, hint=hint)
    try:
        return typed(raw, type_)
    except msgspec.ValidationError as error:
        message = _plain(_with_key(str(error), raw, type_))
        raise told(message, text, where, hint="mend that key") from error


def typed(raw: object, type_: type[Value]) -> Value:
    """JSON values as a type of ours. msgspec 0.22 ends the process when two threads meet a type at once for the first
    time, so only one goes through here at a time."""
    with _ONE_AT_A_TIME:
        return msgspec.convert(raw, type=type_, strict=True)


def told(problem: str, text: str, where: str, *, hint: str) -> ConfigInvalid:
    """The problem with the line that it is on."""
    line = line_of_problem(text, problem)
    return ConfigInvalid(f"{where}{'' if line is None else f', line {line}'}: {problem}", hint=hint)


def _parse_toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{where} is not TOML: {error}", hint="mend the line that it names") from error


def _with_key(message: str, raw: Mapping[str, Any], type_: type[Any]) -> str:
    """msgspec tells `environments[...]`; the key is the first by which it fails."""
    if "[...]" not in message:
        return message
    tables = message.partition("[...]")[0].rpartition("$.")[2].split(".")
    for key in reduce(lambda table, name: table[name], tables, raw):
        try:
            typed(_with_one(raw, tables, key), type_)
        except msgspec.ValidationError:
            return message.replace("[...]", f".{key}", 1)
    return message


def _with_one(raw: Mapping[str, Any], tables: Sequence[str], key: str) -> dict[str, Any]:
    """Of the innermost table that one key alone."""
    if not tables:
        return {key: raw[key]}
    return {**raw, tables[0]: _with_one(raw[tables[0]], tables[1:], key)}


def _plain(message: str) -> str:
    return re.sub(r"\[(\d+)\]", r".\1", message).replace("`$.", "`").replace("at `$`", "at the top")


def _unknown_keys(raw: Any, annotation: Any, *, path: str) -> Iterator[tuple[str, str]]:
    """msgspec ignores what a dataclass does not have; a typing mistake must not be ignored."""
    annotation = _without_none(annotation)
    if is_dataclass(annotation) and isinstance(raw, Mapping):
        hints = get_type_hints(annotation)
        known = [field.name for field in fields(annotation)]
        for key, item in raw.items():
            if key not in known:
                import difflib  # needed for a mistake alone

                close = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean {close[0]}?" if close else f"it may hold: {', '.join(known)}"
                yield f"unknown key {path}{key}", hint
            else:
                yield from _unknown_keys(item, hints[key], path=f"{path}{key}.")
    elif get_origin(annotation) is not None and isinstance(raw, Mapping):
        for key, item in raw.items():
            yield from _unknown_keys(item, get_args(annotation)[-1], path=f"{path}{key}.")
    elif get_origin(annotation) is tuple and isinstance(raw, list):
        for index, item in enumerate(raw):
            yield from _unknown_keys(item, get_args(annotation)[0], path=f"{path}{index}.")


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        others = [argument for argument in get_args(annotation) if argument is not type(None)]
        return others[0] if len(others) == 1 else object
    return annotation
