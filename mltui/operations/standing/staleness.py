"""Requests whose environment before the goal does not answer any more as it did when they were made. Reads only."""

from __future__ import annotations

from mltui.domain.approval import Refusal
from mltui.domain.deployment import Deployment, Environment
from mltui.domain.policy import Policy
from mltui.domain.release import Release, ReleaseState
from mltui.domain.staleness import is_replaced, staleness
from mltui.operations.acting.policy_record import try_policy
from mltui.registry import Connection, deployments, environments
from mltui.workspace import Workspace


def staleness_of(conn: Connection, release: Release, policy: Policy | None) -> Refusal | None:
    """None for a fresh one, one that waits for no decision, and one that passes no environment before its goal."""
    if release.state is not ReleaseState.WAITING_APPROVAL:
        return None
    candidate = candidate_of(conn, release, policy)
    if candidate is None:
        return None
    return staleness(candidate, *_current(conn, candidate.environment))


def gave_way(conn: Connection, release: Release, policy: Policy | None) -> bool:
    """Whether another candidate answers by now before the goal of a release that waits for a decision."""
    candidate = candidate_of(conn, release, policy) if release.state is ReleaseState.WAITING_APPROVAL else None
    return candidate is not None and is_replaced(candidate, _current(conn, candidate.environment)[1])


def stale_now(workspace: Workspace, release: Release) -> Refusal | None:
    """The same, as far as a policy that can be read tells."""
    policy, _ = try_policy(workspace)
    return staleness_of(workspace.registry.read(), release, policy)


def candidate_of(conn: Connection, release: Release, policy: Policy | None) -> Deployment | None:
    """What the release brought to the environment before its goal; where people decided there, what an earlier release
    of the version did."""
    own = [each for each in deployments.of_release(conn, release.id) if each.environment != release.environment]
    rules = None if policy is None else policy.environments.get(release.environment)
    if not own and rules is not None and rules.after is not None:
        known = deployments.of_environment(conn, rules.after)
        own = [each for each in known if each.version_id == release.version_id and each.release_id is not None]
    return next((each for each in reversed(own) if each.live_from is not None), None)


def _current(conn: Connection, environment: str) -> tuple[Environment, Deployment | None]:
    place = environments.find(conn, environment) or Environment(environment)
    return place, None if place.deployment_id is None else deployments.find(conn, place.deployment_id)
