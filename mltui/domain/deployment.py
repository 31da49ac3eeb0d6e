"""Deployments and environments: which version answered where, from when to when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mltui.domain.endpoint import is_loopback


class DeploymentState(StrEnum):
    STARTING = "starting"
    LIVE = "live"
    CANARY = "canary"
    """Has a share of the traffic beside the live one."""
    WARM = "warm"
    """Running at weight 0, ready to take over."""
    COLD = "cold"
    """Stopped, its container kept."""
    GONE = "gone"
    """Its container is removed; it can be started anew from the version."""
    RESTORED = "restored"
    """Its server goes on under the deployment that took its place."""
    FAILED = "failed"
    """Never became live."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version in an environment from a time to a time."""

    id: int
    environment: str
    version_id: int
    state: DeploymentState
    package: str
    image_id: str
    engine: str
    cpus: float
    memory_bytes: int | None
    """Limit from the profile; None where no profile was taken."""
    created_at: datetime
    release_id: int | None = None
    """The release that brought it; None for a rollback."""
    restores_id: int | None = None
    """The deployment whose place this one takes (rollback, undo, start after a stop)."""
    live_from: datetime | None = None
    live_until: datetime | None = None
    is_baked: bool = False
    was_healthy_when_replaced: bool = False
    """Healthy at the moment when a normal release replaced it."""
    withdrawn_reason: str | None = None
    """Set when it was rolled back from; cleared by an undo."""
    shared_until: datetime | None = None
    """When it last lost its share of the traffic beside a live one."""
    replicas: int = 1
    """How many servers it has, each within its limits."""


@dataclass(frozen=True, slots=True)
class Share:
    """What part of the requests a deployment gets while several answer together."""

    deployment_id: int
    percent: int
    """1–99."""


@dataclass(frozen=True, slots=True)
class Environment:
    """How an environment stands now."""

    name: str
    deployment_id: int | None = None
    """What answers; None before the first release."""
    is_stopped: bool = False
    """Answers 503 by an operator's will."""
    endpoint: str = ""
    """Host and port, settled with all that follows when its gateway starts."""
    is_encrypted: bool = False
    asks_token: bool = False
    endpoint_since: datetime | None = None
    """When the endpoint, or what guards it, changed last."""
    smoked_at: datetime | None = None
    is_smoke_green: bool | None = None
    smoke_failure: str | None = None
    locked_at: datetime | None = None
    """Since when nothing may be deployed to it; None while it may."""
    locked_by: str | None = None
    lock_reason: str | None = None
    shares: tuple[Share, ...] = ()
    """How the requests are spread, the live deployment's part among them; empty while that one answers alone."""
    replay_bytes: int = 0
    """Up to so many, the running gateway sends a body again when a server dies; 0 where there is one server alone."""
    sticky_header: str | None = None
    """By which the running gateway keeps callers with a version."""
    metrics_endpoint: str = ""
    """Host and port at which the running gateway tells Prometheus; empty where it does not."""

    @property
    def url(self) -> str:
        """Empty as long as the endpoint is."""
        return self.endpoint and f"{'https' if self.is_encrypted else 'http'}://{self.endpoint}"

    @property
    def is_open(self) -> bool:
        """Whether others than this machine reach it, without TLS or without a token."""
        return bool(self.endpoint) and not is_loopback(self.endpoint) and not (self.is_encrypted and self.asks_token)

    @property
    def is_dormant(self) -> bool:
        """Whether not even its gateway runs, since the workspace was restored from a backup."""
        return self.is_stopped and not self.endpoint

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None

    @property
    def percents(self) -> Mapping[int, int]:
        """Deployment id → its part of the requests; 100 together, or nothing where nobody answers."""
        if self.is_stopped or self.deployment_id is None:
            return {}
        return {share.deployment_id: share.percent for share in self.shares} or {self.deployment_id: 100}


def root_of(deployment: Deployment, deployments: Mapping[int, Deployment]) -> Deployment:
    """The deployment whose place and whose server this one has: itself, or what it restores, as far back as it goes."""
    while deployment.restores_id is not None:
        deployment = deployments[deployment.restores_id]
    return deployment
