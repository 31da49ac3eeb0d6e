"""Brings a deployment into an environment: server, smoke, weights, registry; keeps the others warm or cold."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.names import deployment_name, version_name
from mltui.domain.smoke import SmokeReport
from mltui.domain.version import ModelVersion
from mltui.engines.base import State
from mltui.errors import MltuiError, NotFound, WorkFailed
from mltui.registry import Connection, deployments, environments, events, smokes, versions
from mltui.registry.smokes import Smoke
from mltui.serving.admin import GatewayUnreachable
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.worker.environments import endpoints, gateways, measuring, servers, sharing, smoking
from mltui.worker.environments.place import Place
from mltui.worker.faults import is_passing
from mltui.worker.journal import WORKER
from mltui.workspace import Workspace

ANSWERING = (DeploymentState.LIVE, DeploymentState.CANARY)


def prove(place: Place, deployment: Deployment) -> SmokeReport:
    """Starts the server beside the others, smokes it directly, and has the gateway see it up.

    Raises `WorkFailed` or `Unreachable` when it is unfit for traffic.
    """
    servers.ensure_servers(place.workspace, deployment)
    report = require_green(place, deployment)
    gateways.introduce(place.workspace, place.gateway(), deployment)
    return report


def require_green(place: Place, deployment: Deployment) -> SmokeReport:
    """Of its servers, which are ready; raises `WorkFailed`, with another code where a case is not answered."""
    report = smoke_servers(place, deployment)
    if not report.is_green:
        raise WorkFailed(
            f"{version_name(deployment.version_id)} fails its smoke cases in {place.name}: {report.sentence}",
            hint="nothing was switched; look at the answers with mltui release show",
            code=servers.HANGS if report.has_silence else "smoke_failed",
        )
    return report


def smoke_servers(place: Place, deployment: Deployment) -> SmokeReport:
    """Each of its servers is asked directly; one that is not green speaks for all."""
    version = version_of(place.workspace, deployment)
    reports = [
        smoking.smoke(place.workspace.store, version, client, limit_ms=place.rules.latency_limit_ms)
        for client in servers.clients(place.workspace, deployment, timeout_seconds=_answer_seconds(place))
    ]
    return next((each for each in reports if not each.is_green), reports[0])


def _answer_seconds(place: Place) -> float:
    """What comes later than the limit fails its case anyway."""
    return place.rules.latency_limit_ms / 1000 + 1


def point_to(place: Place, deployment: Deployment) -> None:
    """Gives all the weight to this deployment's server, the others none; the registry is not touched."""
    sharing.point(place, {deployment.id: 100})


def commit_switch(
    tx: Connection, place: Place, deployment: Deployment, *, left: Deployment | None, by_release: bool
) -> None:
    """The registry's side of a switch, in the caller's transaction: one live deployment before, one after.

    Whatever shared the traffic until now does not any more.
    """
    now = place.workspace.now()
    sharing.end(tx, place, but=(deployment.id, deployment.restores_id))
    if left is not None and left.id != deployment.id:
        names = [servers.server_names(place.workspace, each)[0] for each in (left, deployment)]
        is_same_server = names[0] == names[1]
        state = DeploymentState.RESTORED if is_same_server else DeploymentState.WARM
        deployments.update(
            tx,
            left.id,
            state=state,
            live_until=now,
            was_healthy_when_replaced=by_release and place.environment.is_smoke_green is not False,
        )
    if by_release:
        clear_withdrawal(tx, place, deployment.version_id)
    if deployment.restores_id is not None:
        deployments.update(tx, deployment.restores_id, state=DeploymentState.RESTORED)
    deployments.update(tx, deployment.id, state=DeploymentState.LIVE, live_from=now)
    environments.save(tx, replace(place.environment, deployment_id=deployment.id, is_stopped=False, shares=()))
    events.append(
        tx,
        "TrafficShifted",
        place.name,
        {
            "environment": place.name,
            "deployment": deployment_name(deployment.id),
            "version": version_name(deployment.version_id),
            "left": None if left is None else deployment_name(left.id),
        },
        actor=WORKER,
        at=now,
    )


def clear_withdrawal(tx: Connection, place: Place, version_id: int) -> None:
    """A version that was withdrawn is fit again: an undo said so, or a person let it through the gate anew."""
    for deployment in deployments.of_environment(tx, place.name):
        if deployment.version_id == version_id and deployment.withdrawn_reason is not None:
            deployments.update(tx, deployment.id, withdrawn_reason=None)


def smoke_endpoint(place: Place, version: ModelVersion) -> SmokeReport:
    """Smoke through the gateway, as users reach it.

    While several versions share the requests, nobody knows there which one answers: then each of them is asked by
    itself, and one that is not green speaks for all.
    """
    seconds = _answer_seconds(place)
    with endpoints.endpoint_client(place.workspace, place.environment, timeout_seconds=seconds) as client:
        if place.environment.shares and _is_reached(client):
            return _smoke_sharing(place)
        return smoking.smoke(place.workspace.store, version, client, limit_ms=place.rules.latency_limit_ms)


def _is_reached(client: PredictionClient) -> bool:
    try:
        return client.ready()["ready"] is True
    except ServerUnreachable:
        return False


def _smoke_sharing(place: Place) -> SmokeReport:
    known = deployments.of_environment(place.workspace.registry.read(), place.name)
    shared = [each for each in known if each.id in place.environment.percents]
    reports = [smoke_servers(place, each).of(version_name(each.version_id)) for each in shared]
    return next((each for each in reports if not each.is_green), reports[0])


def smoke_in_line(place: Place, version: ModelVersion) -> SmokeReport:
    """As `smoke_endpoint`, once what the registry says is up; what does not come up, the smoke will tell."""
    with suppress(MltuiError):
        bring_in_line(place)
    return smoke_endpoint(place, version)


def smoke_twice(place: Place, version: ModelVersion) -> SmokeReport:
    """As `smoke_endpoint`; what is red is asked once more in line.

    A server or a gateway that was killed just now comes back by itself, and says nothing about its version. Raises what
    passes by itself: while the engine is away, nobody can tell.
    """
    report = smoke_endpoint(place, version)
    if report.is_green:
        return report
    try:
        bring_in_line(place)
    except MltuiError as error:
        if is_passing(error):
            raise
    return smoke_endpoint(place, version)


def record_smoke(place: Place, report: SmokeReport, *, version_id: int, at: datetime) -> None:
    """Keeps the result where every screen reads it, with what its version has answered so far, unless another version
    answers by now."""
    counts = measuring.try_measured(place)
    with place.workspace.registry.write() as tx:
        before, current = place.environment, place.current()
        if current is None or current.version_id != version_id:
            return
        environments.save(
            tx,
            replace(
                before,
                smoked_at=at,
                is_smoke_green=report.is_green,
                smoke_failure=None if report.is_green else report.sentence,
            ),
        )
        smokes.add(tx, Smoke(place.name, at, report.is_green, report.latency_p95_ms, counts))
        data = {"environment": place.name, "reason": report.sentence}
        if not report.is_green and before.is_smoke_green is not False:
            events.append(tx, "SmokeFailed", place.name, data, actor=WORKER, at=at)
        elif report.is_green and before.is_smoke_green is False:
            events.append(tx, "SmokeRecovered", place.name, data, actor=WORKER, at=at)


def reconcile(place: Place) -> None:
    """After a crash or a restart: the servers that answer and the warm ones run, with the registry's weights.

    Waits for no server: while one that is to have weight is not up, the weights stay as they are until the next look.
    """
    environment = place.environment
    if environment.deployment_id is None:
        return
    for deployment in deployments.of_environment(place.workspace.registry.read(), place.name):
        if deployment.state in ANSWERING or (
            deployment.state is DeploymentState.WARM and _has_server(place, deployment)
        ):
            servers.start_servers(place.workspace, deployment)
    gateways.try_shift(place.workspace, place.gateway(), environment, gateways.truth(place.workspace, environment))


def bring_in_line(place: Place) -> None:
    """Before an endpoint is judged: what the registry says is up and has the weight, also after a crash or a restart.

    Raises `WorkFailed` or `Unreachable` when it does not come up; nobody who moves the traffic waits for that.
    """
    current = place.current()
    if current is None:
        return
    _reconcile_when_needed(place)
    try:
        servers.await_all_ready(place.workspace, current)
    except WorkFailed as error:
        if error.code != servers.ENDED:
            raise
        _reconcile_when_needed(place)  # it ended after it was looked at
        servers.await_all_ready(place.workspace, current)
    gateways.introduce(place.workspace, place.gateway(), current)
    _reconcile_when_needed(place)


def _reconcile_when_needed(place: Place) -> None:
    with place.workspace.traffic_lock(place.name):
        if not is_in_line(place):
            reconcile(place)


def is_in_line(place: Place) -> bool:
    """Whether the servers that answer run and the gateway answers with the registry's weights."""
    environment = place.environment
    known = deployments.of_environment(place.workspace.registry.read(), place.name)
    answering = [each for each in known if each.state in ANSWERING]
    if not answering:
        return True
    if not all(servers.is_running(place.workspace, each) for each in answering):
        return False
    try:
        weights = {state.name: state.weight for state in gateways.admin_of(place.workspace, place.name).servers()}
    except GatewayUnreachable:
        return False
    return all(weights.get(backend.name) == backend.weight for backend in gateways.truth(place.workspace, environment))


def version_of(workspace: Workspace, deployment: Deployment) -> ModelVersion:
    version = versions.find(workspace.registry.read(), deployment.version_id)
    if version is None:
        raise NotFound(
            f"{version_name(deployment.version_id)} is not in the registry", hint="mltui audit verify looks for damage"
        )
    return version


def _has_server(place: Place, deployment: Deployment) -> bool:
    return any(state is not State.ABSENT for state in servers.states(place.workspace, deployment))
