"""What stands where: the questions that a status line and the lists ask. Reads only; starts nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mltui.domain.names import parse_id, release_name
from mltui.domain.release import Approval, Release, ReleaseState, Stage
from mltui.domain.rollout import StepProgress
from mltui.domain.run import Run, StepAttempt, WorkState
from mltui.domain.version import ModelVersion, Note, Pin, PrunedModel
from mltui.errors import Damaged, NotFound
from mltui.operations.acting.policy_record import try_policy
from mltui.operations.standing.alarms import Alarm, alarms
from mltui.operations.standing.answering import EnvironmentDetail
from mltui.operations.standing.rollout_progress import progress_of
from mltui.operations.standing.staleness import staleness_of
from mltui.operations.standing.which import which
from mltui.registry import (
    Connection,
    approvals,
    environments,
    notes,
    pins,
    releases,
    runs,
    stages,
    steps,
    versions,
)
from mltui.registry import worker as heartbeat
from mltui.registry.version_facts import list_facts
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    project: str
    environments: tuple[EnvironmentDetail, ...]
    waiting: tuple[Release, ...]
    running: tuple[Run, ...]
    releasing: tuple[Release, ...]
    latest_version: int | None
    worker_seen_at: datetime | None
    stale: Mapping[str, str]
    """Waiting release → why it is stale; without those that are fresh."""
    alarms: tuple[Alarm, ...] = ()
    steps: Mapping[str, StepProgress] = field(default_factory=dict)
    """Release → where it stands, of those whose traffic goes over in steps."""


@dataclass(frozen=True, slots=True)
class RunDetail:
    run: Run
    steps: tuple[StepAttempt, ...]


@dataclass(frozen=True, slots=True)
class ReleaseDetail:
    release: Release
    stages: tuple[Stage, ...]
    approvals: tuple[Approval, ...]


@dataclass(frozen=True, slots=True)
class VersionDetail:
    version: ModelVersion
    notes: tuple[Note, ...]
    releases: tuple[Release, ...]
    pin: Pin | None = None
    pruned: PrunedModel | None = None
    """Who took its model out of the store."""
    lost: tuple[str, ...] = ()
    """Fields of the version that are damaged, and empty therefore."""

    @property
    def damage(self) -> Damaged | None:
        return versions.damage(self.version.id, self.lost) if self.lost else None


def workspace_state(workspace: Workspace) -> WorkspaceState:
    conn = workspace.registry.read()
    latest = versions.latest(conn)
    beat = heartbeat.read(conn)
    waiting = tuple(releases.list_releases(conn, state=ReleaseState.WAITING_APPROVAL, limit=100))
    policy, _ = try_policy(workspace)
    stale = {release_name(each.id): staleness_of(conn, each, policy) for each in waiting}
    releasing = releases.list_releases(conn, state=ReleaseState.RUNNING, limit=100)
    return WorkspaceState(
        project=workspace.project_name,
        environments=tuple(which(workspace, each.name) for each in environments.list_environments(conn)),
        waiting=waiting,
        running=tuple(
            run
            for state in (WorkState.RUNNING, WorkState.QUEUED)
            for run in runs.list_runs(conn, state=state, limit=100)
        ),
        releasing=tuple(releasing),
        latest_version=None if latest is None else latest.id,
        worker_seen_at=None if beat is None else beat.at,
        stale={name: found.sentence for name, found in stale.items() if found is not None},
        alarms=alarms(conn),
        steps=_steps(conn, releasing),
    )


def _steps(conn: Connection, releasing: Sequence[Release]) -> dict[str, StepProgress]:
    known = stages.of_releases(conn, [each.id for each in releasing])
    found = {release_name(each.id): progress_of(known[each.id]) for each in releasing}
    return {name: progress[1] for name, progress in found.items() if progress is not None}


def run_state(workspace: Workspace, name: str) -> RunDetail:
    """`name` is a run's number or `latest`."""
    conn = workspace.registry.read()
    run = runs.latest(conn) if name == "latest" else runs.find(conn, parse_id("run", name))
    if run is None:
        raise _missing("run", name)
    return RunDetail(run, tuple(steps.of_run(conn, run.id)))


def require_version(workspace: Workspace, name: str) -> ModelVersion:
    """`name` is `v7` or `latest`."""
    conn = workspace.registry.read()
    version = versions.latest(conn) if name == "latest" else versions.find(conn, parse_id("version", name))
    if version is None:
        raise _missing("version", name)
    return version


def version_as_far_as_read(workspace: Workspace, name: str) -> tuple[ModelVersion, tuple[str, ...]]:
    """As `require_version`, to be looked at and no more: with the fields that are damaged, and empty therefore."""
    conn = workspace.registry.read()
    newest = list_facts(conn, limit=1) if name == "latest" else []
    id = newest[0].id if newest else 0 if name == "latest" else parse_id("version", name)
    found = versions.find_as_far_as_read(conn, id)
    if found is None:
        raise _missing("version", name)
    return found


def version_state(workspace: Workspace, name: str) -> VersionDetail:
    """What can be read of a damaged version; raises `Damaged` where that does not suffice to name it."""
    version, lost = version_as_far_as_read(workspace, name)
    conn = workspace.registry.read()
    found = releases.list_releases(conn, version_id=version.id, limit=100)
    return VersionDetail(
        version,
        tuple(notes.of_version(conn, version.id)),
        tuple(found),
        pin=pins.find(conn, version.id),
        pruned=pins.pruned_model(conn, version.id),
        lost=lost,
    )


def require_release(workspace: Workspace, name: str) -> Release:
    """`name` is `r12`, `latest`, or a version, whose newest release is meant."""
    conn = workspace.registry.read()
    if name == "latest":
        release = releases.latest(conn)
    elif name.startswith("v"):
        found = releases.list_releases(conn, version_id=parse_id("version", name), limit=1)
        release = found[0] if found else None
    else:
        release = releases.find(conn, parse_id("release", name))
    if release is None:
        raise _missing("release", name)
    return release


def release_state(workspace: Workspace, name: str) -> ReleaseDetail:
    release = require_release(workspace, name)
    conn = workspace.registry.read()
    return ReleaseDetail(
        release, tuple(stages.of_release(conn, release.id)), tuple(approvals.of_release(conn, release.id))
    )


def _missing(noun: str, name: str) -> NotFound:
    if name == "latest":
        return NotFound(
            f"there is no {noun} yet", hint="mltui train makes one" if noun != "release" else "mltui status"
        )
    return NotFound(f"there is no {noun} {name}", hint=f"mltui {noun} list shows what there is")
