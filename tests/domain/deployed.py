"""Deployments of one environment, as the worker leaves them behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mltui.domain.deployment import Deployment, DeploymentState

START = datetime(2026, 11, 23, tzinfo=UTC)


def deployment(id: int, version: int, **fields: Any) -> Deployment:
    """Live and not baked, brought by a release, unless `fields` says otherwise."""
    at = START + timedelta(minutes=id)
    known: dict[str, Any] = {"state": DeploymentState.WARM, "live_from": at, "release_id": id}
    if fields.get("restores_id") is not None:
        known["release_id"] = None
    return Deployment(
        id=id,
        environment="production",
        version_id=version,
        package="p",
        image_id="i",
        engine="process",
        cpus=1,
        memory_bytes=None,
        created_at=at,
        **(known | fields),
    )


def baked(id: int, version: int, **fields: Any) -> Deployment:
    return deployment(id, version, is_baked=True, **fields)


def failed(id: int, version: int, **fields: Any) -> Deployment:
    return deployment(id, version, state=DeploymentState.FAILED, live_from=None, **fields)


def withdrawn(one: Deployment, reason: str = "too slow") -> Deployment:
    return replace(one, withdrawn_reason=reason)
