"""Shares an environment's traffic as a person asked, and gives it back to the live version as a rollback does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.domain.deployment import Deployment
from mltui.domain.names import deployment_name, version_name
from mltui.errors import Conflict
from mltui.operations.environments.request_move import require_still
from mltui.operations.environments.share_traffic import shared_by
from mltui.registry import Connection, deployments
from mltui.worker.environments import servers, sharing, traffic
from mltui.worker.environments.place import Place
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.environments.rollback_target import Search, verify
from mltui.worker.journal import Journal


def carry_share(journal: Journal) -> Mapping[str, Any]:
    """Payload: `percents`, version id → part of the requests; `live`, the deployment that answered at the time, and
    `before`, deployment id → part that each had then."""
    place = place_for_emergency(journal.workspace, journal.job.subject)
    live = int(journal.job.payload["live"])
    percents = {int(version): int(percent) for version, percent in journal.job.payload["percents"].items()}
    history = deployments.of_environment(journal.workspace.registry.read(), place.name)
    parts = shared_by(history, percents, live=live)
    sharing_ones = [verify(place, each) for each in history if each.id in parts]
    if journal.found("shared") is None:
        for deployment in sharing_ones:
            if deployment.id != live:
                traffic.prove(place, deployment)
    with journal.workspace.traffic_lock(place.name):
        if journal.found("shared") is None:
            _refuse_moved(place, live, before=journal.job.payload["before"])
        return journal.once(
            "shared",
            lambda: _point(journal, place, sharing_ones, parts),
            commit=lambda tx, _: sharing.commit(tx, place, parts, actor=journal.job.requested_by),
        )


def _point(
    journal: Journal, place: Place, sharing_ones: list[Deployment], parts: Mapping[int, int]
) -> Mapping[str, Any]:
    for deployment in sharing_ones:
        servers.ensure_servers(place.workspace, deployment)
    sharing.point(place, parts)
    journal.on_boundary("pointed")
    shares = [
        {
            "deployment": deployment_name(each.id),
            "version": version_name(each.version_id),
            "percent": parts[each.id],
        }
        for each in sharing_ones
    ]
    return {"environment": place.name, "shares": shares}


def _refuse_moved(place: Place, live: int, *, before: Mapping[str, int]) -> None:
    """Also where the live one is the same, but somebody has taken its part from another: a rollback does."""
    current, environment = place.current(), place.environment
    shared = {str(deployment): percent for deployment, percent in environment.percents.items()}
    if current is None or current.id != live or shared != before:
        answers = "nothing" if current is None or environment.is_stopped else version_name(current.version_id)
        raise Conflict(
            f"{answers} answers in {place.name} by now: somebody has moved the traffic meanwhile",
            hint="look at it again",
            code="moved_meanwhile",
        )


def shared_with_live(journal: Journal, place: Place) -> tuple[Deployment, Deployment] | None:
    """What a rollback takes the traffic from first, the largest part beside the live one, and that live one.

    None where nothing is shared, where the live one is unfit itself, or where the rollback goes somewhere by name.
    """
    found = journal.once("sharing", lambda: _sharing(journal, place))
    if not found or (journal.found("switched") is None and place.environment.deployment_id != found["live"]):
        return None
    known = {each.id: each for each in deployments.of_environment(place.workspace.registry.read(), place.name)}
    return known[found["left"]], known[found["live"]]


def give_back(journal: Journal, place: Place, left: Deployment, live: Deployment) -> Deployment:
    """All the traffic to the live one, which stays what it is."""

    def point() -> Mapping[str, Any]:
        servers.ensure_servers(place.workspace, live)
        traffic.point_to(place, live)
        journal.on_boundary("pointed")
        return {}

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        sharing.commit(tx, place, {live.id: 100}, actor=journal.job.requested_by)
        journal.event(
            tx,
            "RolledBack",
            place.name,
            actor=journal.job.requested_by,
            environment=place.name,
            reason=str(journal.job.payload.get("reason") or "rolled back"),
            left=deployment_name(left.id),
            restored=deployment_name(live.id),
            version=version_name(live.version_id),
        )

    journal.once("switched", point, commit=commit)
    return live


def _sharing(journal: Journal, place: Place) -> Mapping[str, Any]:
    live, parts = place.current(), dict(place.environment.percents)
    if live is None or journal.job.payload["mode"] != "rollback" or not place.environment.shares:
        return {}
    require_still(place.environment, live, journal.job.payload.get("leaving"))
    if not Search(place).is_proven_soon(live):
        return {}
    del parts[live.id]
    return {"live": live.id, "left": max(parts, key=parts.__getitem__)}
