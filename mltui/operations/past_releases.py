"""Versions and releases as they stood at a past time, by the history, as `past` tells of environments. Reads only.

Lists are filtered by what the rows say now, but for the state of a release.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from mltui.domain.names import parse_id, release_name, version_name
from mltui.domain.release import Approval, Release, ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.errors import NotFound
from mltui.operations.browse import VersionRow, list_releases, list_versions
from mltui.operations.state import ReleaseDetail, VersionDetail, release_state, version_state
from mltui.registry import Connection, events, releases
from mltui.workspace import Workspace

_ALL = 100_000
_PAGE = 100
_ENDS = frozenset(
    {
        "ReleaseSucceeded",
        "ReleaseFailed",
        "ReleaseCancelled",
        "ReleaseSuperseded",
        "ReleaseExpired",
        "VersionRejected",
    }
)
_STAGE_ENDS = frozenset({"StagePassed", "StageSkipped", "StageFailed"})


def versions_at(
    workspace: Workspace, at: datetime, *, matching: str = "", sort: str | None = None, limit: int = 20
) -> list[VersionRow]:
    """As `list_versions`, of those that were registered then."""
    last = _newest_version(workspace.registry.read(), at)
    return list_versions(workspace, matching=matching, sort=sort, limit=limit, before=last + 1)


def version_state_at(workspace: Workspace, name: str, at: datetime) -> VersionDetail:
    """Raises `NotFound` for one that was not there yet."""
    conn = workspace.registry.read()
    last = _newest_version(conn, at)
    id = last if name == "latest" else parse_id("version", name)
    if not 0 < id <= last:
        raise _not_yet("version", name)
    found = version_state(workspace, version_name(id))
    then = (release_at(conn, each, at) for each in found.releases)
    return replace(
        found,
        notes=tuple(note for note in found.notes if note.at <= at),
        releases=tuple(each for each in then if each is not None),
    )


def releases_at(
    workspace: Workspace, at: datetime, *, matching: str = "", state: ReleaseState | None = None, limit: int = 20
) -> list[Release]:
    """As `list_releases`, of those that were open or over then."""
    found = _releases_then(workspace, at, matching)
    return list(islice((each for each in found if state in (None, each.state)), limit))


def release_state_at(workspace: Workspace, name: str, at: datetime) -> ReleaseDetail:
    """`name` as for `require_release`, of those that were there then; raises `NotFound` where none was."""
    conn = workspace.registry.read()
    release = _named(workspace, name, at)
    if release is None:
        raise _not_yet("release", name)
    found = release_state(workspace, release_name(release.id))
    return ReleaseDetail(release, _stages(conn, found, at), _approvals(conn, found, at))


def release_at(conn: Connection, release: Release, at: datetime) -> Release | None:
    """None for one that was not open yet. One that all had agreed to waits until its worker takes it up."""
    seen = events.list_events(conn, subject=release_name(release.id), until=at, limit=_ALL)
    kinds = {event.kind for event in seen}
    if "ReleaseOpened" not in kinds:
        return None
    if kinds & _ENDS:
        return release
    passed = {event.data["stage"] for event in seen if event.kind == "StagePassed"}
    state = ReleaseState.RUNNING
    if "ApprovalRequested" not in kinds:
        release = replace(release, waiting_since=None, evidence="", gate="")
    elif "approval" not in passed:
        state = ReleaseState.WAITING_APPROVAL
    if "package" not in passed:
        release = replace(release, package="", image_id="")
    return replace(release, state=state, ended_at=None, failure=None)


def _releases_then(workspace: Workspace, at: datetime, matching: str) -> Iterator[Release]:
    before: int | None = None
    while page := list_releases(workspace, matching=matching, limit=_PAGE, before=before):
        then = (release_at(workspace.registry.read(), each, at) for each in page)
        yield from (each for each in then if each is not None)
        before = page[-1].id


def _named(workspace: Workspace, name: str, at: datetime) -> Release | None:
    if name != "latest" and not name.startswith("v"):
        found = releases.find(workspace.registry.read(), parse_id("release", name))
        return None if found is None else release_at(workspace.registry.read(), found, at)
    version = None if name == "latest" else parse_id("version", name)
    return next((each for each in _releases_then(workspace, at, "") if version in (None, each.version_id)), None)


def _stages(conn: Connection, found: ReleaseDetail, at: datetime) -> tuple[Stage, ...]:
    seen = events.list_events(conn, subject=release_name(found.release.id), until=at, limit=_ALL)
    started = {event.data["stage"] for event in seen if event.kind == "StageStarted"}
    over = {event.data["stage"] for event in seen if event.kind in _STAGE_ENDS}
    return tuple(
        stage if stage.name in over else replace(stage, state=WorkState.RUNNING, ended_at=None, failure=None, data={})
        for stage in found.stages
        if stage.name in started
    )


def _approvals(conn: Connection, found: ReleaseDetail, at: datetime) -> tuple[Approval, ...]:
    name = release_name(found.release.id)
    decisions = (
        events.list_events(conn, kind=kind, subject=name, until=at) for kind in ("VersionApproved", "VersionRejected")
    )
    return found.approvals[: sum(map(len, decisions))]


def _newest_version(conn: Connection, at: datetime) -> int:
    """Id of the last that was registered then; 0 for none."""
    found = events.list_events(conn, kind="VersionRegistered", until=at, limit=1, newest_first=True)
    return parse_id("version", found[0].subject) if found else 0


def _not_yet(noun: str, name: str) -> NotFound:
    return NotFound(f"there was no {noun} {name} then", hint=f"mltui {noun} list --at shows what there was")
