"""Rolls back, or undoes that, and reads afterwards what proves it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mltui.domain.names import parse_id
from mltui.operations.acting.finish import wait_for_job
from mltui.operations.environments.roll_back import request_rollback
from mltui.operations.standing.environment_health import Weight, environments_health
from mltui.registry import deployments
from mltui.workspace import Workspace

MOST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class RollbackProof:
    environment: str
    is_undo: bool
    restored: str
    """Version that answers now."""
    restored_deployment: str
    left: str
    """Version that no longer does."""
    is_withdrawn: bool
    """Whether that version is; one that only had a part of the traffic beside the live one is not."""
    left_until: datetime | None
    """When it gave its last answer."""
    smoke: Mapping[str, Any]
    """right, cases, sentence, answers: asked through the endpoint after the switch."""
    weights: tuple[Weight, ...]
    skipped: tuple[str, ...]
    """Good ones that were passed over, with the reason."""
    seconds: float
    at: datetime


def roll_back(
    workspace: Workspace,
    environment: str,
    *,
    reason: str,
    to_version: int | None = None,
    undo: bool = False,
    leaving: int | None = None,
) -> RollbackProof:
    """Waits for the worker; raises what refuses it or makes it fail. As `request_rollback`."""
    began = time.monotonic()
    job = request_rollback(workspace, environment, reason=reason, to_version=to_version, undo=undo, leaving=leaving)
    result = wait_for_job(workspace, job, timeout_seconds=MOST_SECONDS).result
    seconds = time.monotonic() - began
    had_only_a_part = not undo and not result["left"]["is_withdrawn"]
    conn, now = workspace.registry.read(), workspace.now()
    left = deployments.find(conn, parse_id("deployment", result["left"]["deployment"]))
    found = environments_health(conn, None, now=now)
    return RollbackProof(
        environment=environment,
        is_undo=undo,
        restored=result["restored"]["version"],
        restored_deployment=result["restored"]["deployment"],
        left=result["left"]["version"],
        is_withdrawn=result["left"]["is_withdrawn"],
        left_until=None if left is None else left.shared_until if had_only_a_part else left.live_until,
        smoke=result["smoke"],
        weights=next((each.weights for each in found if each.name == environment), ()),
        skipped=tuple(result["skipped"]),
        seconds=seconds,
        at=now,
    )
