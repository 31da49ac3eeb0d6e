"""Rollback, undo, stop and start: a release's motion backwards, without gate and profile, to a target proven first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from mltui.domain.deployment import Deployment
from mltui.domain.job import JobKind
from mltui.domain.names import deployment_name, release_name, version_name
from mltui.domain.release import ReleaseState
from mltui.domain.rollback import candidates, target_for_version, undo_target
from mltui.errors import NotFound, Refused, WorkFailed
from mltui.operations.acting.closing import ask_to_end
from mltui.operations.environments.request_move import require_still
from mltui.registry import Connection, deployments, environments, jobs, releases
from mltui.worker.environments import servers, smoking, stopping, traffic
from mltui.worker.environments.carry_share import give_back, shared_with_live
from mltui.worker.environments.place import Place
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.environments.restoring import commit_rollback, commit_undo
from mltui.worker.environments.rollback_target import Search, verify
from mltui.worker.journal import Journal


def carry_rollback(journal: Journal) -> Mapping[str, Any]:
    """Payload: `mode` rollback, undo or to; `version` for to; `reason`; `leaving` where it is about one deployment.

    While versions share the traffic, a rollback without a name takes it from all but the live one; the next goes
    further back.
    """
    place = place_for_emergency(journal.workspace, journal.job.subject)
    with journal.workspace.traffic_lock(place.name):
        shared = shared_with_live(journal, place)
        left = shared[0] if shared else _left(journal, place)
        _end_releases(journal, place)
        restored = give_back(journal, place, *shared) if shared else _go_back(journal, place, left)
    traffic.bring_in_line(place)
    report = traffic.smoke_twice(place, traffic.version_of(journal.workspace, restored))
    traffic.record_smoke(place, report, version_id=restored.version_id, at=journal.workspace.now())
    result = {
        "environment": place.name,
        "left": {
            "deployment": deployment_name(left.id),
            "version": version_name(left.version_id),
            "is_withdrawn": not shared and journal.job.payload["mode"] != "undo",
        },
        "restored": {"deployment": deployment_name(restored.id), "version": version_name(restored.version_id)},
        "smoke": smoking.as_json(report),
        "skipped": list((journal.found("target") or {}).get("skipped", ())),
    }
    if not report.is_green:
        raise WorkFailed(
            f"{version_name(restored.version_id)} answers in {place.name} again, but fails its smoke cases:"
            f" {report.sentence}",
            hint=f"go further back: mltui rollback {place.name}, or mltui env stop {place.name}",
            code="smoke_failed",
        )
    return result


def _go_back(journal: Journal, place: Place, left: Deployment) -> Deployment:
    return _switch(journal, place, left=left, target=_proven_target(journal, place, left))


def carry_stop(journal: Journal) -> Mapping[str, Any]:
    """The endpoint answers 503 from here on; servers keep running."""
    place = place_for_emergency(journal.workspace, journal.job.subject)
    _end_releases(journal, place)
    with journal.workspace.traffic_lock(place.name):
        stopping.silence(place)
        reason = str(journal.job.payload.get("reason", ""))

        def commit(tx: Connection, _: Mapping[str, Any]) -> None:
            stopping.commit_stop(tx, place, actor=journal.job.requested_by, reason=reason)

        journal.note("stopped", commit)
    return {"environment": place.name, "is_stopped": True}


def carry_start(journal: Journal) -> Mapping[str, Any]:
    """What answered before the stop answers again, once it is proven."""
    place = place_for_emergency(journal.workspace, journal.job.subject)
    with journal.workspace.traffic_lock(place.name):
        current = place.current()
        if current is None:
            raise Refused(
                f"nothing was ever live in {place.name}", hint="release a version to it first", code="no_target"
            )
        place.end_gateway_at_rest()
        traffic.prove(place, verify(place, current))
        traffic.point_to(place, current)
        found = {
            "environment": place.name,
            "deployment": deployment_name(current.id),
            "version": version_name(current.version_id),
            "withdrawn": current.withdrawn_reason,
        }
        started = journal.once("started", lambda: found, commit=partial(_commit_start, journal, place, current))
    return {**started, "is_stopped": False}


def _commit_start(
    journal: Journal, place: Place, current: Deployment, tx: Connection, found: Mapping[str, Any]
) -> None:
    """A withdrawn version that a person starts again is fit again, and that is on the record."""
    actor = journal.job.requested_by
    environments.save(tx, replace(place.environment, is_stopped=False))
    names = {name: found[name] for name in ("environment", "deployment", "version")}
    journal.event(tx, "EnvironmentStarted", place.name, actor=actor, **names)
    if found["withdrawn"] is not None:
        traffic.clear_withdrawal(tx, place, current.version_id)
        journal.event(tx, "WithdrawalEnded", names["version"], actor=actor, **names, reason=found["withdrawn"])


def _end_releases(journal: Journal, place: Place) -> None:
    """A rollback or a stop ends whatever release is on its way to this environment past the decision."""
    workspace = journal.workspace
    for release in releases.unfinished(workspace.registry.read(), environment=place.name):
        if release.state is ReleaseState.WAITING_APPROVAL:
            continue
        job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject=release_name(release.id))
        if job is not None:
            what = "rolled back" if journal.job.kind is JobKind.ROLLBACK else "stopped"
            reason = f"{place.name} was {what}: {journal.job.payload.get('reason') or 'no reason given'}"
            actor, at = journal.job.requested_by, workspace.now()
            with workspace.registry.write() as tx:
                ask_to_end(tx, job, actor=actor, reason=reason, at=at, cause=journal.job.kind)


def _left(journal: Journal, place: Place) -> Deployment:
    """What answered when the rollback began; after a crash the one that it began with."""

    def act() -> Mapping[str, Any]:
        current = place.current()
        if current is None:
            raise Refused(
                f"nothing was ever live in {place.name}", hint="release a version to it first", code="no_target"
            )
        require_still(place.environment, current, journal.job.payload.get("leaving"))
        return {"left": current.id}

    found = deployments.find(journal.workspace.registry.read(), int(journal.once("left", act)["left"]))
    assert found is not None
    return found


def _proven_target(journal: Journal, place: Place, left: Deployment) -> Deployment:
    def act() -> Mapping[str, Any]:
        search = Search(place)
        target = search.first_proven(_targets(journal, place, left))
        return {"target": target.id, "skipped": list(search.reasons.values())}

    found = deployments.find(journal.workspace.registry.read(), int(journal.once("target", act)["target"]))
    assert found is not None
    return found


def _targets(journal: Journal, place: Place, left: Deployment) -> list[Deployment]:
    """In the order in which they are tried; a named one has no second."""
    known = deployments.of_environment(journal.workspace.registry.read(), place.name)
    payload = journal.job.payload
    if payload["mode"] == "to":
        return [target_for_version(known, int(payload["version"]), current=left)]
    if payload["mode"] == "undo":
        target = undo_target(known, current=left)
        if target is None:
            raise Refused(
                f"no rollback of {place.name} is there to undo",
                hint="mltui rollback --to names a version",
                code="no_target",
            )
        return [target]
    return [candidate.deployment for candidate in candidates(known, current=left) if candidate.is_good]


def _switch(journal: Journal, place: Place, *, left: Deployment, target: Deployment) -> Deployment:
    mode, reason = journal.job.payload["mode"], str(journal.job.payload.get("reason") or "rolled back")

    def point() -> Mapping[str, Any]:
        servers.ensure_servers(place.workspace, target)
        traffic.point_to(place, target)
        journal.on_boundary("pointed")
        return {}

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        actor = journal.job.requested_by
        if mode == "undo":
            commit_undo(tx, place, left=left, target=target, actor=actor)
        else:
            commit_rollback(tx, place, left=left, target=target, reason=reason, actor=actor)

    journal.once("switched", point, commit=commit)
    current = place.current()
    if current is None or current.restores_id != target.id:
        raise NotFound(
            f"the deployment that restores {deployment_name(target.id)} is not there",
            hint="mltui env show tells what answers",
        )
    return current
