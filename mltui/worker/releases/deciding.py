"""What a person decides on: deployment to staging, evidence, and what is kept of a stage that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.gate_hash import gate_hash
from mltui.domain.names import data_name, deployment_name
from mltui.domain.release import Stage, passing
from mltui.domain.run import WorkState
from mltui.domain.smoke import SmokeReport
from mltui.errors import Refused, Unreachable
from mltui.operations.releases.against_production import against_production
from mltui.operations.versions.model_card import card_of
from mltui.registry import Connection, deployments, stages, versions
from mltui.worker.environments import measuring, servers, smoking, traffic
from mltui.worker.environments.measuring import Measurement
from mltui.worker.environments.place import Place
from mltui.worker.releases.inheriting import inherited_stop
from mltui.worker.releases.release_work import ReleaseWork

Permit = Callable[[], bool]
"""Waits until the traffic may be moved, and tells whether it had to; raises what forbids it."""


def deploy(
    work: ReleaseWork,
    place: Place,
    *,
    permit: Permit,
    go_up: Callable[[Deployment], None] = lambda deployment: None,
) -> Mapping[str, Any]:
    """A new deployment of the release's package: started beside the old one, proven, then given the traffic.

    `go_up` gives a proven one its parts of the traffic before it gets it all.
    """
    deployment = _new_deployment(work, place)
    switched = work.journal.found(switch_of(place))
    if switched is None:
        proof = _prove(work, place, deployment, permit)
        go_up(deployment)
        switched = _switch(work, place, deployment, proof)
    return {"deployment": deployment_name(deployment.id), "left": switched["left"], "proof": switched["proof"]}


def switch_of(place: Place) -> str:
    """Stage of a release's journal that says that its deployment has the traffic there."""
    return f"{place.name} switched"


def _prove(work: ReleaseWork, place: Place, deployment: Deployment, permit: Permit) -> SmokeReport:
    servers.start_servers(work.workspace, deployment)
    work.journal.on_boundary(f"{place.name} begun")
    proof = traffic.prove(place, deployment)
    while permit():
        proof = traffic.prove(place, deployment)
    work.journal.on_boundary(f"{place.name} proven")
    return proof


def _switch(work: ReleaseWork, place: Place, deployment: Deployment, proof: SmokeReport) -> Mapping[str, Any]:
    with work.workspace.traffic_lock(place.name):
        work.journal.check_cancelled()
        left = _left(work, place)
        found = {"left": None if left is None else deployment_name(left.id), "proof": smoking.as_json(proof)}

        def point() -> Mapping[str, Any]:
            compared = {} if left is None or place.name != work.goal else _to_compare(work, deployment, left)
            traffic.point_to(place, deployment)
            work.journal.on_boundary(f"{place.name} pointed")
            return {**found, **compared}

        def commit(tx: Connection, _: Mapping[str, Any]) -> None:
            traffic.commit_switch(tx, place, deployment, left=left, by_release=True)

        return work.journal.once(switch_of(place), point, commit=commit)


def _to_compare(work: ReleaseWork, deployment: Deployment, left: Deployment) -> dict[str, Any]:
    """For the bake: what the old version answered lately, and where the new one's counts stand; nothing where the
    gateway does not tell."""
    begun = work.journal.found("step 1 begun")
    try:
        now = measuring.measure(work.place, (deployment, left))
    except Unreachable:
        return {}
    also = None if begun is None else Measurement.from_json(begun)
    old = measuring.usual_window(work.place, left, until=now, also=also)
    return {"measured": now.as_json(), "old": msgspec.to_builtins(old)}


def _left(work: ReleaseWork, place: Place) -> Deployment | None:
    """What answered when the switch began; after a crash the one that it began with."""

    def act() -> Mapping[str, Any]:
        current = place.current()
        return {"left": None if current is None else current.id}

    left = work.journal.once(f"{place.name} left", act)["left"]
    return None if left is None else deployments.find(work.workspace.registry.read(), int(left))


def evidence(work: ReleaseWork) -> dict[str, Any]:
    """All that is shown to the person who decides."""
    release, version, current = work.release, work.version, work.place.current()
    production = None if current is None else versions.find(work.workspace.registry.read(), current.version_id)
    return {
        "format": 1,
        "release": work.name,
        "version": work.version_name,
        "environment": work.goal,
        "package": release.package,
        "package_parts": work.found("package").get("parts", {}),
        "image": release.image_id,
        "gate": gate_of(work),
        "commit": version.commit,
        "data": data_name(version.data),
        "data_digest": version.data,
        "model": version.model,
        "parameters": version.parameters,
        "environment_of_training": version.environment,
        "metrics": version.metrics,
        "groups": msgspec.to_builtins(version.groups),
        "data_report": version.data_report,
        "checks": work.found("checks"),
        "smoke": work.found("smoke"),
        "passed_stop": msgspec.to_builtins(inherited_stop(work)),
        "smoke_ahead": {name: work.found(passing(name)[1]) for name in work.through[:-1]},
        "profile": work.found("profile"),
        "model_card": msgspec.to_builtins(card_of(work.workspace, version)),
        "against_production": None
        if production is None
        else against_production(work.workspace, version, production).as_json(),
        "in_production": None
        if current is None
        else {"version": current.version_id, "deployment": deployment_name(current.id)},
    }


def gate_of(work: ReleaseWork) -> str:
    return gate_hash(work.rules)


def refuse_without_containers(work: ReleaseWork) -> None:
    if work.rules.require_containers and work.version.engine == "process":
        raise Refused(
            f"{work.version_name} was trained without containers, which {work.goal} does not take",
            hint="train it again on the docker engine",
            code="containers_required",
        )


def keep_found(work: ReleaseWork, stage: str, found: Mapping[str, Any]) -> None:
    """Keeps what a stage found although it fails, so that it can be looked at."""
    with work.workspace.registry.write() as tx:
        known = next((each for each in stages.of_release(tx, work.release_id) if each.name == stage), None)
        stages.save(tx, replace(known or Stage(work.release_id, stage, WorkState.RUNNING), data=dict(found)))


def _new_deployment(work: ReleaseWork, place: Place) -> Deployment:
    """The row is there before the server, so that whatever crashes, the server's name is known."""
    release = work.release
    limit = work.found("profile").get("memory_limit_bytes")

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        deployment = deployments.add(
            tx,
            environment=place.name,
            version_id=work.version.id,
            state=DeploymentState.STARTING,
            package=release.package,
            image_id=release.image_id,
            engine=place.engine_name,
            cpus=place.rules.cpus,
            replicas=place.rules.replicas,
            memory_bytes=limit,
            created_at=work.workspace.now(),
            release_id=release.id,
        )
        name = deployment_name(deployment.id)
        work.journal.event(
            tx,
            "DeploymentStarted",
            place.name,
            deployment=name,
            version=work.version_name,
            environment=place.name,
            release=work.name,
        )

    work.journal.note(f"{place.name} deployment", commit)
    mine = [
        each
        for each in deployments.of_environment(work.workspace.registry.read(), place.name)
        if each.release_id == release.id and each.restores_id is None
    ]
    return mine[-1]
