"""Requests whose environment before the goal does not answer any more as it did when they were made. Reads only."""

from __future__ import annotations

from mltui.domain.approval import Refusal
from mltui.domain.deployment import Deployment, Environment
from mltui.domain.release import Release, ReleaseState
from mltui.domain.staleness import staleness
from mltui.registry import Connection, deployments, environments


def staleness_of(conn: Connection, release: Release) -> Refusal | None:
    """None for a fresh one, one that waits for no decision, and one that passes no environment before its goal."""
    if release.state is not ReleaseState.WAITING_APPROVAL:
        return None
    candidate = candidate_of(conn, release)
    if candidate is None:
        return None
    place = environments.find(conn, candidate.environment) or Environment(candidate.environment)
    current = None if place.deployment_id is None else deployments.find(conn, place.deployment_id)
    return staleness(candidate, place, current)


def candidate_of(conn: Connection, release: Release) -> Deployment | None:
    """What the release brought to the environment before its goal."""
    found = [
        each
        for each in deployments.of_release(conn, release.id)
        if each.environment != release.environment and each.live_from is not None
    ]
    return found[-1] if found else None
