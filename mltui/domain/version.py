"""Versions: trained models with all that made them, immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mltui.domain.groups import crossed, group_name
from mltui.domain.task import Task

REST = "all others"
"""The reference that is no group: all rows of the other groups."""


@dataclass(frozen=True, slots=True)
class GroupFigure:
    """One metric of one group, with its interval, against a reference."""

    slice: Mapping[str, str]
    """Attribute → value of the group's rows; several of an intersection."""
    metric: str
    n: int
    """The metric's own denominator."""
    value: float | None
    low: float | None
    high: float | None
    """Bounds of the 95 % interval of `value`."""
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    """Of this group's value to the reference's; None where the metric may be below 0, and of the reference itself."""
    verdict: str
    """within, outside, too few, undecided."""
    needed: int | None = None
    """undecided: rows in the denominator that would decide it."""
    reference: str = REST
    """All rows of other groups, or the name of a group."""
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    """Of this group's value less the reference's; bounds as wide as the ratio's."""
    pooled: int = 0
    """Groups with too few rows that are told together here; 0: it is one."""

    @property
    def attribute(self) -> str:
        """`lighting × camera` for the intersection of two."""
        return crossed(self.slice)

    @property
    def group(self) -> str:
        """`dark × phone`"""
        return group_name(tuple(self.slice.values()))


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A trained model. Digests are SHA-256 in hex; trees and blobs live in the store."""

    id: int
    run_id: int
    created_at: datetime
    task: Task
    classes: tuple[str, ...]
    """In the order of the scores; empty for a regression."""
    input_schema: Mapping[str, Any]
    model: str
    """Tree digest of the model folder."""
    evaluation: str
    """Tree digest of the folder with `evaluation.csv`."""
    history: str | None
    """Tree digest of the folder with `history.json`, where training left one."""
    training: str
    """Tree digest of the prepared training and validation rows."""
    held_out: str
    """Tree digest of the prepared held-out rows."""
    data: str
    """Tree digest of the data version."""
    source: str
    """Tree digest of the commit's files."""
    smoke: str
    """Tree digest of the smoke cases: `cases.json` and their pictures."""
    commit: str
    is_dirty: bool
    branch: str
    author_name: str
    author_email: str
    requested_by: str
    engine: str
    parameters: Mapping[str, Any]
    """Step → its parameters, seeds among them."""
    metrics: Mapping[str, float]
    """Metric → its value on the held-out rows; regression and classification alike."""
    intervals: Mapping[str, tuple[float, float]]
    """Metric → bounds of its 95 % interval."""
    confusion: tuple[tuple[int, ...], ...]
    """[truth][prediction] counts in the order of `classes`; empty for a regression."""
    groups: tuple[GroupFigure, ...]
    learning_curve: tuple[Mapping[str, float], ...]
    """One mapping an epoch."""
    rows: Mapping[str, int]
    """Split → rows."""
    data_report: Mapping[str, Any]
    """What prepare counted: unreadable, duplicates, labels and groups per split."""
    images: Mapping[str, str]
    """Step → image id."""
    environment: Mapping[str, str]
    """Library or interpreter → its version, of the training step."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that an operator left on a version."""

    id: int
    version_id: int
    author: str
    """Login."""
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pin:
    """Keeps a version's files whatever their age."""

    version_id: int
    author: str
    """Whole actor."""
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PrunedModel:
    """A version whose model was taken out of the store; all else about it stays."""

    version_id: int
    author: str
    at: datetime
