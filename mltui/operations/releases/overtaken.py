"""Releases that wait for a decision and that the release of a new version would supersede. Reads only."""

from __future__ import annotations

from mltui.domain.policy import Policy
from mltui.domain.release import Release, ReleaseState
from mltui.domain.way import first_stop
from mltui.registry import Connection, approvals, releases
from mltui.workspace import Workspace


def overtaken_by_a_new_version(workspace: Workspace) -> tuple[Release, ...]:
    """Raises `ConfigInvalid`.

    Not what somebody has approved already, nor where policy has releases queue or each stand for itself.
    """
    return _overtaken(workspace.registry.read(), workspace.policy())


def _overtaken(conn: Connection, policy: Policy) -> tuple[Release, ...]:
    goal = first_stop(policy)
    if goal is None or policy.environments[goal].after is None or policy.environments[goal].newer == "queues":
        return ()
    waiting = [
        each for each in releases.unfinished(conn, environment=goal) if each.state is ReleaseState.WAITING_APPROVAL
    ]
    return tuple(each for each in waiting if not approvals.of_release(conn, each.id))
