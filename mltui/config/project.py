"""Reads mltui.toml, and keeps a project as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mltui.config.reading import converted, told, typed
from mltui.domain.project import DataSource, Project, SmokePlan, StepDeclaration
from mltui.domain.project_rules import project_problems, with_plain_paths
from mltui.domain.task import Task
from mltui.errors import ConfigInvalid, NotFound

PROJECT_FILE = "mltui.toml"


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
    file = converted(text, _ProjectFile, where)
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
        raise told(problem, text, where, hint=hint)
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


def project_as_json(project: Project) -> bytes:
    """Canonical JSON: equal projects, equal bytes."""
    return msgspec.json.encode(project, order="deterministic")


def project_from_json(data: bytes) -> Project:
    return typed(msgspec.json.decode(data), Project)
