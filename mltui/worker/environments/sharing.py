"""Spreads an environment's requests over several versions, and ends that: weights, then the registry.

Whoever calls holds the traffic lock and has proven the servers. A switch, a rollback or a stop ends the sharing itself.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.names import deployment_name, version_name
from mltui.domain.shares import shares_of
from mltui.errors import MltuiError
from mltui.registry import Connection, deployments, environments, events
from mltui.worker.environments import gateways, servers
from mltui.worker.environments.place import Place
from mltui.worker.journal import WORKER

log = logging.getLogger("mltui.worker")


def share(place: Place, percents: Mapping[int, int], *, actor: str = WORKER) -> None:
    """`percents` is deployment id → part of the requests, the live one's among them; that one alone ends the sharing.

    May be repeated after a crash; raises as `shares_of` does, and `Unreachable` while a server is not up.
    """
    point(place, percents)
    with place.workspace.registry.write() as tx:
        commit(tx, place, percents, actor=actor)


def point(place: Place, percents: Mapping[int, int]) -> None:
    """Weights alone: the file first, then the running gateway. A server that has ended meanwhile is started again."""
    for deployment in deployments.of_environment(place.workspace.registry.read(), place.name):
        if deployment.id in percents:
            _start(place, deployment)
    wanted = gateways.backends(place.workspace, place.name, percents)
    gateways.shift(place.workspace, place.gateway(), place.environment, wanted)


def _start(place: Place, deployment: Deployment) -> None:
    """Where that cannot be, the gateway says who is up."""
    try:
        servers.start_servers(place.workspace, deployment)
    except MltuiError as error:
        log.warning("%s is not started: %s", deployment_name(deployment.id), error.message)


def commit(tx: Connection, place: Place, percents: Mapping[int, int], *, actor: str = WORKER) -> None:
    """The registry's side, in the caller's transaction; says nothing where the shares are these already."""
    environment = place.environment
    assert environment.deployment_id is not None
    shares = shares_of(percents, live=environment.deployment_id)
    if shares == environment.shares:
        return
    parts = {each.deployment_id: each.percent for each in shares}
    end(tx, place, but=parts, actor=actor)
    sharing = [deployments.update(tx, each, state=_state(each, environment.deployment_id)) for each in parts]
    environments.save(tx, replace(environment, shares=shares))
    if shares:
        said = ", ".join(
            f"{deployment_name(one.id)} ({version_name(one.version_id)}) {parts[one.id]} %" for one in sharing
        )
        data = {"environment": place.name, "shares": said, "percents": _named(parts)}
        events.append(tx, "TrafficShared", place.name, data, actor=actor, at=place.workspace.now())


def end(tx: Connection, place: Place, *, but: Collection[int | None], actor: str = WORKER) -> None:
    """What has a part beside the live one loses it, unless `but` says what becomes of it; `shares` is the caller's."""
    now = place.workspace.now()
    for deployment in deployments.of_environment(tx, place.name):
        if deployment.state is DeploymentState.CANARY and deployment.id not in but:
            deployments.update(tx, deployment.id, state=_state_after(deployment), shared_until=now)
            data = {
                "environment": place.name,
                "deployment": deployment_name(deployment.id),
                "version": version_name(deployment.version_id),
            }
            events.append(tx, "SharingEnded", place.name, data, actor=actor, at=now)


def _state(deployment_id: int, live: int) -> DeploymentState:
    return DeploymentState.LIVE if deployment_id == live else DeploymentState.CANARY


def _state_after(deployment: Deployment) -> DeploymentState:
    """One that was never live waits for what its release does with it."""
    return DeploymentState.STARTING if deployment.live_from is None else DeploymentState.WARM


def _named(parts: Mapping[int, int]) -> dict[str, int]:
    return {deployment_name(each): percent for each, percent in parts.items()}
