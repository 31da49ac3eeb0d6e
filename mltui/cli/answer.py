"""What a command answers: data for scripts, lines for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from mltui.errors import MltuiError


@dataclass(frozen=True, slots=True)
class LookAt:
    """What a person at a terminal goes on with in the console."""

    workspace: Path
    screen: tuple[str, str]
    """Its name and its subject, for instance `release` and `r2`."""


@dataclass(frozen=True, slots=True)
class Answer:
    data: Mapping[str, Any]
    lines: Sequence[str] = ()
    error: MltuiError | None = None
    """What is wrong in spite of the answer; it decides the exit code."""
    look_at: LookAt | None = None


def plain(value: Any) -> Any:
    """Dataclasses, times, paths and tuples as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return value
