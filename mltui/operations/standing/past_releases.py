"""Versions and releases as they stood at a past time, by the history, as `past` tells of environments. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from mltui.domain.names import parse_id, release_name, version_name
from mltui.domain.release import Approval, Release, ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.errors import NotFound
from mltui.operations.standing.browse import VersionRow, list_releases, list_versions
from mltui.operations.standing.past import which_at
from mltui.operations.standing.state import ReleaseDetail, VersionDetail, release_state, version_state
from mltui.registry import Connection, environments, events, releases
from mltui.registry.search import Words
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
    """As `list_versions`, of those that were registered then, with where they stood and what was said of them."""
    conn, live = workspace.registry.read(), _live_then(workspace, at)
    last = _newest_version(conn, at)
    found = list_versions(workspace, matching=matching, sort=sort, limit=limit, before=last + 1, until=at)
    return [
        replace(row, release=_newest_release(conn, row.facts.id, at), live_in=tuple(live.get(row.facts.id, ())))
        for row in found
    ]


def _live_then(workspace: Workspace, at: datetime) -> dict[int, list[str]]:
    """Version → environments where it was the live one."""
    found: dict[int, list[str]] = {}
    for known in environments.list_environments(workspace.registry.read()):
        then = which_at(workspace.registry.read(), known, at)
        if then.deployment is not None:
            found.setdefault(then.deployment.version_id, []).append(known.name)
    return found


def _newest_release(conn: Connection, version_id: int, at: datetime) -> Release | None:
    then = (release_at(conn, each, at) for each in releases.list_releases(conn, version_id=version_id, limit=_PAGE))
    return next((each for each in then if each is not None), None)


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
    """As `list_releases`, of those that were open or over then, by what stood there then."""
    words, found = Words.parse(matching), _releases_then(workspace, at)
    fitting = (each for each in found if state in (None, each.state) and words.fit(_text_of(each)))
    return list(islice(fitting, limit))


def _text_of(release: Release) -> str:
    names = (release_name(release.id), version_name(release.version_id), release.environment)
    return "\n".join((*names, release.state.value, release.opened_by, release.failure or ""))


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
    passed = {event.data.get("stage") for event in seen if event.kind == "StagePassed"}
    state = ReleaseState.RUNNING
    if "ApprovalRequested" not in kinds:
        release = replace(release, waiting_since=None, evidence="", gate="")
    elif "approval" not in passed:
        state = ReleaseState.WAITING_APPROVAL
    if "package" not in passed:
        release = replace(release, package="", image_id="")
    return replace(release, state=state, ended_at=None, failure=None)


def _releases_then(workspace: Workspace, at: datetime) -> Iterator[Release]:
    before: int | None = None
    while page := list_releases(workspace, limit=_PAGE, before=before):
        then = (release_at(workspace.registry.read(), each, at) for each in page)
        yield from (each for each in then if each is not None)
        before = page[-1].id


def _named(workspace: Workspace, name: str, at: datetime) -> Release | None:
    if name != "latest" and not name.startswith("v"):
        found = releases.find(workspace.registry.read(), parse_id("release", name))
        return None if found is None else release_at(workspace.registry.read(), found, at)
    version = None if name == "latest" else parse_id("version", name)
    return next((each for each in _releases_then(workspace, at) if version in (None, each.version_id)), None)


def _stages(conn: Connection, found: ReleaseDetail, at: datetime) -> tuple[Stage, ...]:
    seen = events.list_events(conn, subject=release_name(found.release.id), until=at, limit=_ALL)
    started = {event.data.get("stage") for event in seen if event.kind == "StageStarted"}
    over = {event.data.get("stage") for event in seen if event.kind in _STAGE_ENDS}
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
