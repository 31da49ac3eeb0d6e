"""What a project's `mltui.toml` says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mltui.bands import Banding
from mltui.domain.task import Task

DataKind = Literal["pictures", "table"]
Scalar = bool | int | float | str


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Shares of the rows; what is left is the training split. The seed is the project's, never the training's."""

    seed: int = 7
    validation: float = 0.1
    held_out: float = 0.2


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where the data comes from: a folder of class folders, or a CSV file."""

    source: str
    groups: str | None = None
    """Pictures only: a CSV with the column `file` and one column per sensitive attribute."""
    target: str | None = None
    """Tables only: the column to predict."""
    features: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    """Tables only: sensitive columns; training never sees them unless they are features too."""
    measured: tuple[str, ...] | None = None
    """Pictures only: what groups are measured of; None: all of it where there is no `groups`."""
    bands: Mapping[str, Banding] = field(default_factory=dict)
    """Attributes that are numbers → how they become groups."""
    key: str | None = None
    split: SplitPlan = SplitPlan()
    unreadable_limit: float = 0.01
    max_megapixels: float = 25.0
    max_megabytes: float = 10.0


@dataclass(frozen=True, slots=True)
class StepLimits:
    cpu: float = 2
    memory: str = "4g"
    """Digits with an optional unit: k, m, g (powers of 1024)."""
    gpus: int = 0
    seconds: float = 3600


@dataclass(frozen=True, slots=True)
class StepDeclaration:
    """A step as the project declares it: one of our templates, or a Dockerfile and a command of its own."""

    template: Literal["image", "table"] | None = None
    dockerfile: str | None = None
    """Path inside the project; its folder is the build context."""
    run: tuple[str, ...] = ()
    limits: StepLimits = StepLimits()
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    retries: int = 0
    network: bool = False


@dataclass(frozen=True, slots=True)
class SmokeCase:
    """One input with the answer that a healthy server gives to it."""

    input: str | Mapping[str, Scalar | None]
    """A picture's path inside the project, or a row."""
    expect: str | float
    """A label, or a number (regression)."""
    minimum_score: float = 0.0
    tolerance: float | None = None
    """Regression: largest accepted distance as a share of `expect`."""


@dataclass(frozen=True, slots=True)
class SmokePlan:
    cases: tuple[SmokeCase, ...] = ()
    share_right: float = 0.9
    """Smallest share of the cases that have to be right."""


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    task: Task
    data: DataSource
    steps: Mapping[str, StepDeclaration]
    smoke: SmokePlan = SmokePlan()
    base_image: str = "python:3.11-slim"
    model_card: Mapping[str, str] = field(default_factory=dict)
    """What people should know of its models, by the names of `CARD_FIELDS`."""

    @property
    def data_kind(self) -> DataKind:
        return "table" if self.data.target is not None else "pictures"
