"""Reads mltui.toml and policy.toml into frozen values; says where a mistake stands and what would be right."""

from __future__ import annotations

import difflib
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from mltui.domain.policy import Policy
from mltui.domain.project import DataSource, Project, SmokePlan, StepDeclaration, Task
from mltui.errors import ConfigInvalid, NotFound

PROJECT_FILE = "mltui.toml"
POLICY_FILE = "policy.toml"

Value = TypeVar("Value")


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


def parse_project(text: str, *, where: str = PROJECT_FILE) -> Project:
    """Raises `ConfigInvalid` naming file and key."""
    file = _convert(_parse_toml(text, where), _ProjectFile, where)
    project = Project(
        name=file.project.name,
        task=file.project.task,
        data=file.data,
        steps=file.steps,
        smoke=file.smoke,
        base_image=file.project.base_image,
    )
    for problem, hint in _project_problems(project):
        raise ConfigInvalid(f"{where}: {problem}", hint=hint)
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
    policy = _convert(_parse_toml(text, where), Policy, where)
    for problem, hint in _policy_problems(policy):
        raise ConfigInvalid(f"{where}: {problem}", hint=hint)
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
    return msgspec.json.decode(data, type=Project)


def _project_problems(project: Project) -> list[tuple[str, str]]:
    data, problems = project.data, []
    if (
        not project.name.replace("-", "").replace("_", "").isalnum()
        or not project.name.islower()
        or len(project.name) > 40
    ):
        problems.append((f"project.name = “{project.name}”", "use up to 40 lower-case letters, digits, - and _"))
    if "train" not in project.steps:
        problems.append(
            ("there is no [steps.train]", 'add one with template = "image" or "table", or with a dockerfile and run')
        )
    for name, step in project.steps.items():
        if name != "train":
            problems.append((f"steps.{name} is not a step that a project declares", "declare steps.train"))
        if (step.template is None) == (step.dockerfile is None):
            problems.append(
                (f"steps.{name} needs exactly one of template and dockerfile", 'for instance template = "image"')
            )
        if step.dockerfile is not None and not step.run:
            problems.append(
                (f"steps.{name}.run is missing", 'say what to start, for instance run = ["python", "train.py"]')
            )
    if not (data.split.validation > 0 and data.split.held_out > 0 and data.split.validation + data.split.held_out < 1):
        problems.append(
            (
                "data.split shares must be above 0 and leave rows to train on",
                "for instance validation = 0.1, held_out = 0.2",
            )
        )
    if data.target is not None and not data.features:
        problems.append(("data.features is empty", "name the columns to learn from"))
    if data.target is None and project.task == "regression":
        problems.append(("a regression needs data.target, the column to predict", "add target and features to [data]"))
    if data.target is not None and data.target in data.features:
        problems.append((f"data.target “{data.target}” is among the features", "take it out of data.features"))
    if not 0 < project.smoke.share_right <= 1:
        problems.append((f"smoke.share_right = {project.smoke.share_right}", "a share above 0, at most 1"))
    return problems


def _policy_problems(policy: Policy) -> list[tuple[str, str]]:
    problems = []
    for name, environment in policy.environments.items():
        where = f"environments.{name}"
        if environment.after is not None and environment.after not in policy.environments:
            known = ", ".join(policy.environments)
            problems.append((f"{where}.after = “{environment.after}” is no environment", f"there are: {known}"))
        host, _, port = environment.listen.rpartition(":")
        if not port.isdigit() or not 0 <= int(port) <= 65535:
            problems.append(
                (f"{where}.listen = “{environment.listen}”", "write host:port, for instance 127.0.0.1:8501")
            )
        if host not in ("127.0.0.1", "localhost", "[::1]"):
            problems.append(
                (f"{where}.listen = “{environment.listen}” is reachable from outside", "listen on 127.0.0.1")
            )
        if set(environment.skip) - {"profile"}:
            problems.append((f"{where}.skip = {list(environment.skip)}", 'only "profile" can be skipped'))
        for approver in environment.gate.approvers:
            if approver not in policy.operators:
                problems.append(
                    (f"{where}.gate.approvers: “{approver}” is no operator", "add the person to [operators]")
                )
        for rule in environment.checks:
            limits = (rule.floor, rule.ceiling, rule.allowed_loss, rule.attribute)
            if all(limit is None for limit in limits):
                problems.append(
                    (f"{where}.checks: {rule.metric} has no limit", "give floor, ceiling, allowed_loss or attribute")
                )
    return problems


def _parse_toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{where} is not TOML: {error}", hint="mend the line that it names") from error


def _convert(raw: Mapping[str, Any], type_: type[Value], where: str) -> Value:
    _refuse_unknown_keys(raw, type_, where, path="")
    try:
        return msgspec.convert(raw, type=type_, strict=True)
    except msgspec.ValidationError as error:
        message = str(error).replace("`$.", "`").replace("at `$`", "at the top")
        raise ConfigInvalid(f"{where}: {message}", hint="mend that key") from error


def _refuse_unknown_keys(raw: Any, annotation: Any, where: str, *, path: str) -> None:
    """msgspec ignores what a dataclass does not have; a typing mistake must not be ignored."""
    annotation = _without_none(annotation)
    if is_dataclass(annotation) and isinstance(raw, Mapping):
        hints = get_type_hints(annotation)
        known = [field.name for field in fields(annotation)]
        for key, item in raw.items():
            if key not in known:
                close = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean {close[0]}?" if close else f"it may hold: {', '.join(known)}"
                raise ConfigInvalid(f"{where}: unknown key {path}{key}", hint=hint)
            _refuse_unknown_keys(item, hints[key], where, path=f"{path}{key}.")
    elif get_origin(annotation) is not None and isinstance(raw, Mapping):
        for key, item in raw.items():
            _refuse_unknown_keys(item, get_args(annotation)[-1], where, path=f"{path}{key}.")
    elif get_origin(annotation) is tuple and isinstance(raw, list):
        for index, item in enumerate(raw):
            _refuse_unknown_keys(item, get_args(annotation)[0], where, path=f"{path}{index}.")


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        others = [argument for argument in get_args(annotation) if argument is not type(None)]
        return others[0] if len(others) == 1 else object
    return annotation
