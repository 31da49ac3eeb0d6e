"""What is not live any more: the last known good stays warm, some of the rest cold, and the others go."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.names import deployment_name
from mltui.domain.retention import retention
from mltui.errors import MltuiError, WorkFailed
from mltui.registry import deployments, events, releases
from mltui.worker.environments import gateways, servers, traffic
from mltui.worker.environments.place import Place
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.journal import WORKER
from mltui.workspace import Workspace

log = logging.getLogger("mltui.worker")


def settle(place: Place) -> None:
    """Keeps the last known good and the newest others warm, some more cold, and removes the containers of the rest.

    Holds the traffic lock only for moments, so that nobody who wants to move the traffic waits for a server to start
    or to finish its requests. What cannot be moved now is logged, and tried again at the next look.
    """
    for deployment, state in _wanted(place):
        try:
            if state is DeploymentState.WARM:
                _warm_up(place, deployment)
            else:
                _retire(place, deployment, state)
        except MltuiError as error:
            log.warning("%s does not become %s: %s", deployment_name(deployment.id), state.value, error.message)


def abandon(workspace: Workspace, release_id: int) -> None:
    """Puts away the servers that an ended release started and that never got traffic; `settle` does what is left."""
    for deployment in _stillborn(workspace, deployments.of_release(workspace.registry.read(), release_id)):
        try:
            _retire(place_for_emergency(workspace, deployment.environment), deployment, DeploymentState.FAILED)
        except MltuiError as error:
            log.warning("%s is not put away: %s", deployment_name(deployment.id), error.message)


def _wanted(place: Place) -> list[tuple[Deployment, DeploymentState]]:
    """What every deployment that has a server, and does not answer, should be and is not."""
    known = deployments.of_environment(place.workspace.registry.read(), place.name)
    current = place.current()
    if current is None:
        return []
    rules = place.rules
    wanted = retention(known, current=current, keep_warm=rules.keep_warm, keep_cold=rules.keep_cold)
    moves = [(each, state) for each, state in wanted if each.state is not state or _is_astray(place, each)]
    return [*moves, *((each, DeploymentState.FAILED) for each in _stillborn(place.workspace, known))]


def _is_astray(place: Place, deployment: Deployment) -> bool:
    """A cold one that a rollback started and passed over."""
    return deployment.state is DeploymentState.COLD and servers.is_running(place.workspace, deployment)


def _stillborn(workspace: Workspace, known: Sequence[Deployment]) -> list[Deployment]:
    """Deployments that wait for their traffic although their release is over."""
    waiting = [each for each in known if each.state is DeploymentState.STARTING and each.release_id is not None]
    conn = workspace.registry.read()
    owners = {each.id: releases.find(conn, each.release_id) for each in waiting if each.release_id is not None}
    return [each for each in waiting if (release := owners[each.id]) is not None and release.state.is_over]


def _warm_up(place: Place, deployment: Deployment) -> None:
    """Running at weight 0, known to the gateway; stopped again when it does not become ready."""
    try:
        servers.ensure_servers(place.workspace, deployment)
    except WorkFailed:
        _retire(place, deployment, deployment.state)
        raise
    with place.workspace.traffic_lock(place.name):
        if not _is_as_known(place, deployment):
            return
        _record_state(place, deployment, DeploymentState.WARM)
        truth = gateways.truth(place.workspace, place.environment)
        gateways.try_shift(place.workspace, place.gateway(), place.environment, truth)


def _retire(place: Place, deployment: Deployment, state: DeploymentState) -> None:
    """Stopped, or removed too, once its last request is answered; while it has some, the next look tries again."""
    with place.workspace.traffic_lock(place.name):
        if not _is_as_known(place, deployment):
            return
        if place.current() is not None and not _is_let_go(place, deployment):
            return
        servers.stop_servers(place.workspace, deployment)
        if state in (DeploymentState.GONE, DeploymentState.FAILED):
            servers.remove_servers(place.workspace, deployment)
        if deployment.state is not state:
            _record_state(place, deployment, state)


def _is_as_known(place: Place, deployment: Deployment) -> bool:
    """Whether nobody has moved it since it was read."""
    now = deployments.find(place.workspace.registry.read(), deployment.id)
    return now is not None and now.state is deployment.state


def _is_let_go(place: Place, deployment: Deployment) -> bool:
    """Whether the gateway has forgotten it: never while it may have weight, nor while it answers, up to a limit."""
    if not traffic.is_in_line(place):
        return False
    left = max(filter(None, (deployment.created_at, deployment.live_until, deployment.shared_until)))
    is_late = (place.workspace.now() - left).total_seconds() > gateways.DRAIN_SECONDS
    names, admin = servers.server_names(place.workspace, deployment), place.gateway()
    if not is_late and any(gateways.is_busy(admin, server) for server in names):
        return False
    for server in names:
        gateways.drop(admin, server)
    return True


def _record_state(place: Place, deployment: Deployment, state: DeploymentState) -> None:
    with place.workspace.registry.write() as tx:
        deployments.update(tx, deployment.id, state=state)
        data = {"deployment": deployment_name(deployment.id), "environment": place.name, "state": state.value}
        events.append(tx, "DeploymentRetired", place.name, data, actor=WORKER, at=place.workspace.now())
