"""Ends releases that nobody decided on in time."""

from __future__ import annotations

from datetime import timedelta

from mltui.domain.names import release_name, version_name
from mltui.domain.release import ReleaseState
from mltui.errors import ConfigInvalid
from mltui.operations.acting.closing import close_waiting_release
from mltui.registry import events, releases
from mltui.worker.journal import WORKER
from mltui.workspace import Workspace


def expire_releases(workspace: Workspace) -> None:
    waiting = releases.list_releases(workspace.registry.read(), state=ReleaseState.WAITING_APPROVAL, limit=100)
    if not waiting:
        return
    try:
        policy = workspace.policy()
    except ConfigInvalid:
        return
    for release in waiting:
        rules = policy.environments.get(release.environment)
        if rules is None or release.waiting_since is None:
            continue
        if workspace.now() - release.waiting_since > timedelta(hours=rules.gate.expires_hours):
            _expire(workspace, release.id)


def _expire(workspace: Workspace, release_id: int) -> None:
    with workspace.registry.write() as tx:
        release = releases.find(tx, release_id)
        if release is None or release.state is not ReleaseState.WAITING_APPROVAL:
            return
        name, now = release_name(release_id), workspace.now()
        close_waiting_release(tx, release_id, state=ReleaseState.EXPIRED, reason="nobody decided in time", at=now)
        events.append(
            tx,
            "ReleaseExpired",
            name,
            {"release": name, "version": version_name(release.version_id)},
            actor=WORKER,
            at=now,
        )
