"""How a figure of a breakdown is named from screen to screen, be its attributes and groups called what they like."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from mltui.domain.groups import GroupedMetric
from mltui.errors import UsageError


@dataclass(frozen=True, slots=True)
class NamedFigure:
    version: str
    """`v7`"""
    of: GroupedMetric

    @property
    def command_words(self) -> str:
        """`v7 --group lighting=dim --metric recall`"""
        groups = [f"--group {shlex.quote(f'{attribute}={group}')}" for attribute, group in self.of.slice.items()]
        return " ".join([self.version, *groups, "--metric", shlex.quote(self.of.metric)])


def figure_name(version: str, metric: str, slice: Mapping[str, str]) -> str:
    """What `figure_of` takes apart again."""
    return shlex.join([version, metric, *(word for pair in slice.items() for word in pair)])


def figure_of(name: str) -> NamedFigure:
    """Raises `UsageError`."""
    try:
        version, metric, *words = shlex.split(name)
    except ValueError:
        raise UsageError(f"“{name}” names no figure", hint="B on a version shows its figures") from None
    return NamedFigure(version, GroupedMetric(metric, dict(zip(words[::2], words[1::2], strict=False))))
