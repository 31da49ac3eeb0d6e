"""Writes down when requests turn stale, and when they are fresh again."""

from __future__ import annotations

from mltui.domain.names import release_name, version_name
from mltui.domain.policy import Policy
from mltui.domain.release import Release, ReleaseState
from mltui.operations.acting.policy_record import try_policy
from mltui.operations.standing.staleness import candidate_of, staleness_of
from mltui.registry import Connection, events, releases
from mltui.worker.environments.place import Place
from mltui.worker.journal import WORKER

_TURNED, _FRESH = "RequestTurnedStale", "RequestFreshAgain"


def tell_staleness(place: Place) -> None:
    """Of each request whose candidate stands in this environment; once, when it turns."""
    conn, (policy, _) = place.workspace.registry.read(), try_policy(place.workspace)
    for release in releases.list_releases(conn, state=ReleaseState.WAITING_APPROVAL, limit=100):
        candidate = candidate_of(conn, release, policy)
        if candidate is not None and candidate.environment == place.name and _has_turned(conn, release, policy):
            with place.workspace.registry.write() as tx:
                _tell(tx, place, release.id, policy)


def _has_turned(conn: Connection, release: Release, policy: Policy | None) -> bool:
    return (staleness_of(conn, release, policy) is not None) != _is_on_record(conn, release)


def _is_on_record(conn: Connection, release: Release) -> bool:
    """Whether the history says that it is stale."""
    name = release_name(release.id)
    turns = [
        events.list_events(conn, kind=kind, subject=name, limit=1, newest_first=True) for kind in (_TURNED, _FRESH)
    ]
    turned, fresh = (found[0].sequence if found else 0 for found in turns)
    return turned > fresh


def _tell(tx: Connection, place: Place, release_id: int, policy: Policy | None) -> None:
    """Looks again: somebody may have decided meanwhile."""
    release = releases.find(tx, release_id)
    is_waiting = release is not None and release.state is ReleaseState.WAITING_APPROVAL
    if release is None or not is_waiting or not _has_turned(tx, release, policy):
        return
    found, name = staleness_of(tx, release, policy), release_name(release.id)
    said = {"release": name, "version": version_name(release.version_id), "environment": place.name}
    reason = {} if found is None else {"reason": found.sentence.removeprefix("stale: ")}
    kind = _FRESH if found is None else _TURNED
    events.append(tx, kind, name, {**said, **reason}, actor=WORKER, at=place.workspace.now())
