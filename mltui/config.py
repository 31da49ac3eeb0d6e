"""Reads mltui.toml and policy.toml into frozen values; says where a mistake stands and what would be right."""

from __future__ import annotations

import difflib
import re
import threading
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from mltui.domain.policy import Policy
from mltui.domain.policy_rules import policy_problems
from mltui.domain.project import DataSource, Project, SmokePlan, StepDeclaration, Task
from mltui.domain.project_rules import project_problems, with_plain_paths
from mltui.domain.toml_lines import line_of_problem
from mltui.errors import ConfigInvalid, NotFound

PROJECT_FILE = "mltui.toml"
POLICY_FILE = "policy.toml"

Value = TypeVar("Value")
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class _ProjectTable:
    name: str
    task: Task = "classification"
    base_image: str = "python:3.11-slim"


@dataclass(frozen=True, slots=True)
class _ProjectFile:
    project: _ProjectTable
    data: DataSource
    steps: Mapping[str, StepDeclaration]
    smoke: SmokePlan = field(default_factory=SmokePlan)
    model_card: Mapping[str, str] = field(default_factory=dict)


def parse_project(text: str, *, where: str = PROJECT_FILE) -> Project:
    """Raises `ConfigInvalid` naming file and key."""
    file = _convert(text, _ProjectFile, where)
    project = with_plain_paths(
        Project(
            name=file.project.name,
            task=file.project.task,
            data=file.data,
            steps=file.steps,
            smoke=file.smoke,
            base_image=file.project.base_image,
            model_card=file.model_card,
        )
    )
    for problem, hint in project_problems(project):
        raise _told(problem, text, where, hint=hint)
    return project


def read_project(folder: Path) -> Project:
    """The project of this folder; raises `NotFound` where there is no mltui.toml."""
    path = folder / PROJECT_FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise NotFound(f"no {PROJECT_FILE} in {folder}", hint="go to the project's folder, or run mltui init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}", hint="it has to be a UTF-8 text file") from error
    return parse_project(text, where=str(path))


def parse_policy(text: str, *, where: str = POLICY_FILE) -> Policy:
    """Raises `ConfigInvalid` naming file and key."""
    policy = _convert(text, Policy, where)
    for problem, hint in policy_problems(policy):
        raise _told(problem, text, where, hint=hint)
    return policy


def read_policy(folder: Path) -> Policy:
    """The policy of this workspace; whatever keeps it from being read is a `ConfigInvalid`."""
    path = folder / POLICY_FILE
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(
            f"the policy {path} cannot be read: {error}", hint="restore it, deploys wait until then"
        ) from error
    return parse_policy(text, where=str(path))


def project_as_json(project: Project) -> bytes:
    """Canonical JSON: equal projects, equal bytes."""
    return msgspec.json.encode(project, order="deterministic")


def project_from_json(data: bytes) -> Project:
    return typed(msgspec.json.decode(data), Project)


def typed(raw: object, type_: type[Value]) -> Value:
    """JSON values as a type of ours. msgspec 0.22 ends the process when two threads meet a type at once for the first
    time, so only one goes through here at a time."""
    with _ONE_AT_A_TIME:
        return msgspec.convert(raw, type=type_, strict=True)


def _parse_toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{where} is not TOML: {error}", hint="mend the line that it names") from error


def _convert(text: str, type_: type[Value], where: str) -> Value:
    raw = _parse_toml(text, where)
    for problem, hint in _unknown_keys(raw, type_, path=""):
        raise _told(problem, text, where, hint=hint)
    try:
        return typed(raw, type_)
    except msgspec.ValidationError as error:
        message = _plain(_with_key(str(error), raw, type_))
        raise _told(message, text, where, hint="mend that key") from error


def _with_key(message: str, raw: Mapping[str, Any], type_: type[Any]) -> str:
    """msgspec tells `environments[...]`; the key is the first by which it fails."""
    table = message.partition("[...]")[0].rpartition("$.")[2]
    for key, item in raw[table].items() if "[...]" in message else ():
        try:
            typed({**raw, table: {key: item}}, type_)
        except msgspec.ValidationError:
            return message.replace("[...]", f".{key}", 1)
    return message


def _plain(message: str) -> str:
    return re.sub(r"\[(\d+)\]", r".\1", message).replace("`$.", "`").replace("at `$`", "at the top")


def _told(problem: str, text: str, where: str, *, hint: str) -> ConfigInvalid:
    line = line_of_problem(text, problem)
    return ConfigInvalid(f"{where}{'' if line is None else f', line {line}'}: {problem}", hint=hint)


def _unknown_keys(raw: Any, annotation: Any, *, path: str) -> Iterator[tuple[str, str]]:
    """msgspec ignores what a dataclass does not have; a typing mistake must not be ignored."""
    annotation = _without_none(annotation)
    if is_dataclass(annotation) and isinstance(raw, Mapping):
        hints = get_type_hints(annotation)
        known = [field.name for field in fields(annotation)]
        for key, item in raw.items():
            if key not in known:
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
