"""Ends releases that nobody decided on in time."""

from __future__ import annotations

from datetime import timedelta

from mltui.domain.job import JobKind
from mltui.domain.names import release_name, version_name
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import ConfigInvalid
from mltui.registry import events, jobs, releases
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
        releases.update(tx, release_id, state=ReleaseState.EXPIRED, ended_at=now, failure="nobody decided in time")
        job = jobs.of_subject(tx, kind=JobKind.RELEASE, subject=name)
        if job is not None:
            jobs.set_state(tx, job.id, state=WorkState.CANCELLED, at=now)
        events.append(
            tx,
            "ReleaseExpired",
            name,
            {"release": name, "version": version_name(release.version_id)},
            actor=WORKER,
            at=now,
        )
