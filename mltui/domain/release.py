"""Releases, their stages, and the decisions on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from mltui.domain.run import WorkState

STAGES = (
    "package",
    "profile",
    "staging",
    "smoke",
    "checks",
    "approval",
    "production",
    "production smoke",
    "bake",
)
"""The way of one version to production, in order; `staging` is the environment right before the goal."""


def passing(environment: str) -> tuple[str, str]:
    """Names of the stages that take a version through an environment further ahead of its goal."""
    return f"in {environment}", f"smoke in {environment}"


def place_of(stage: str) -> float:
    """Where it stands on the way; stages in an environment further ahead share a place right before `staging`."""
    return float(STAGES.index(stage)) if stage in STAGES else STAGES.index("staging") - 0.5


class ReleaseState(StrEnum):
    RUNNING = "running"
    WAITING_APPROVAL = "waiting_approval"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"

    @property
    def is_over(self) -> bool:
        return self not in (ReleaseState.RUNNING, ReleaseState.WAITING_APPROVAL)


@dataclass(frozen=True, slots=True)
class Release:
    """The way of one version to one environment."""

    id: int
    version_id: int
    environment: str
    """Where it leads; the staging environment is the one that policy puts before it."""
    state: ReleaseState
    opened_at: datetime
    opened_by: str
    package: str = ""
    """Package digest: model folder, serving sources, pinned requirements, base image."""
    image_id: str = ""
    gate: str = ""
    """Hash of the environment's deciding rules, as it stood when the evidence was sealed."""
    evidence: str = ""
    """Hash of the sealed evidence; its JSON is the blob of that hash."""
    waiting_since: datetime | None = None
    ended_at: datetime | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    release_id: int
    name: str
    state: WorkState
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failure: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """What the stage found: profile figures, smoke answers, check results."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's decision on one exact package and its evidence."""

    release_id: int
    person: str
    login: str
    """Whole actor: `bob (sudo by alice)` where it was so."""
    decision: Literal["approved", "rejected"]
    comment: str
    at: datetime
    version_id: int
    package: str
    gate: str
    data: str
    evidence: str
    acknowledged: tuple[str, ...] = ()
    """Names of the inconclusive checks that were acknowledged."""
    note: str = ""
    """`self-approved (demo policy)` where that is so."""
    emergency: str = ""
    """Why the glass was broken: it then stands for all approvals that the gate asks for. Empty for a usual one."""
    signature: str = ""
    """SSH signature of it; empty where the gate asks for none."""
    key: str = ""
    """Type and base64 of the public key that made the signature."""
    head: str = ""
    """Hash of the last event when it was signed."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody else has seen that a release was approved in an emergency."""

    release_id: int
    person: str
    login: str
    comment: str
    at: datetime
