"""The stages of a release after the decision: production, smoke there, bake; and the way back when they fail."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mltui.domain.approval import CurrentFacts, deploy_refusals
from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.digests import digest_of
from mltui.domain.names import deployment_name, parse_id, version_name
from mltui.domain.release import ReleaseState
from mltui.errors import Refused, Unreachable, WorkFailed
from mltui.registry import Connection, approvals, deployments
from mltui.worker import deciding, packaging, smoking, traffic
from mltui.worker.faults import is_passing
from mltui.worker.release_work import ReleaseEnded, ReleaseWork

BAKE_TICK_SECONDS = 2.0


def production(work: ReleaseWork) -> Mapping[str, Any]:
    """Refuses, naming it, whatever changed between the approval and the switch; the same motion as in staging."""
    if work.journal.found(deciding.switch_of(work.place)) is None:
        refuse_what_changed(work)
    image_id = packaging.build(work.workspace, work.version, engine_name=work.place.engine_name).image_id
    return {**deciding.deploy(work, work.place), "image": image_id}


def production_smoke(work: ReleaseWork) -> Mapping[str, Any]:
    """Through the endpoint. A version that fails here is taken back at once."""
    _take_up(work)
    report = traffic.smoke_endpoint(work.place, work.version)
    traffic.record_smoke(work.place, report, version_id=work.version.id, at=work.workspace.now())
    if not report.is_green:
        _take_back(work, report.sentence)
    return smoking.as_json(report)


def bake(work: ReleaseWork) -> Mapping[str, Any]:
    """Smokes production for as long as policy says; the deployment is good from then on."""
    _take_up(work)
    place, mine = work.place, _deployment(work)
    seconds = place.rules.bake_seconds
    began = mine.live_from or work.workspace.now()
    smokes = 0
    while True:
        work.journal.check_cancelled()
        if place.environment.deployment_id != mine.id:
            raise ReleaseEnded(
                ReleaseState.ROLLED_BACK, "ReleaseCancelled", "another deployment took its place during the bake"
            )
        report = traffic.smoke_endpoint(place, work.version)
        traffic.record_smoke(place, report, version_id=work.version.id, at=work.workspace.now())
        smokes += 1
        if not report.is_green:
            _take_back(work, report.sentence)
        left = seconds - (work.workspace.now() - began).total_seconds()
        if left <= 0:
            break
        time.sleep(min(left, BAKE_TICK_SECONDS))
    with work.workspace.registry.write() as tx:
        known = deployments.find(tx, mine.id)
        if known is not None and not known.is_baked:
            deployments.update(tx, mine.id, is_baked=True)
            work.journal.event(
                tx,
                "DeploymentBaked",
                place.name,
                deployment=deployment_name(mine.id),
                environment=place.name,
                version=work.version_name,
            )
    return {"seconds": seconds, "smokes": smokes}


def refuse_what_changed(work: ReleaseWork) -> None:
    """An approval holds for one exact package, gate, data version and evidence."""
    decisions = approvals.of_release(work.workspace.registry.read(), work.release_id)
    facts = current_facts(work)
    refusals = deploy_refusals(decisions, gate=work.rules.gate, current=facts)
    if refusals:
        raise Refused(
            "; ".join(refusal.sentence for refusal in refusals),
            hint=f"open a new release: mltui release open {work.version_name}",
            code=refusals[0].code,
        )


def current_facts(work: ReleaseWork) -> CurrentFacts:
    """As they are now, computed anew and not read from the release."""
    release = work.release
    parts = packaging.package_parts(work.workspace, work.version, engine_name=work.place.engine_name)
    work.workspace.store.verify(work.version.model)
    evidence = work.workspace.store.read_bytes(release.evidence)
    return CurrentFacts(
        package=digest_of(parts),
        gate=deciding.gate_of(work),
        data=work.version.data,
        evidence=work.workspace.store.put_bytes(evidence),
    )


def _deployment(work: ReleaseWork) -> Deployment:
    deployed = parse_id("deployment", str(work.found("production")["deployment"]))
    found = deployments.find(work.workspace.registry.read(), deployed)
    assert found is not None
    return found


def _take_back(work: ReleaseWork, reason: str) -> None:
    """Gives production back to what answered before, withdraws this version, and fails the release."""
    place, mine = work.place, _deployment(work)
    left = work.found("production").get("left")
    if left is None:
        raise WorkFailed(
            f"{work.version_name} fails in {place.name}: {reason}",
            hint="nothing answered here before; mltui env stop ends it",
            code="smoke_failed",
        )
    before = deployments.find(work.workspace.registry.read(), parse_id("deployment", str(left)))
    assert before is not None
    with work.workspace.traffic_lock(place.name):
        if place.environment.deployment_id == mine.id:
            _switch_back(work, mine=mine, before=before, reason=reason)
    raise _taken_back(work, before, reason)


def _switch_back(work: ReleaseWork, *, mine: Deployment, before: Deployment, reason: str) -> None:
    def point() -> Mapping[str, Any]:
        traffic.prove(work.place, before)
        traffic.point_to(work.place, before)
        work.journal.on_boundary(f"{work.goal} pointed back")
        return {"before": before.id, "reason": reason}

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        _commit_take_back(tx, work, mine=mine, before=before, reason=reason)

    work.journal.once("taken back", point, commit=commit)


def _take_up(work: ReleaseWork) -> None:
    """After a crash: what was taken back fails again for the same reason; else production gets what it had."""
    found = work.journal.found("taken back")
    if found is not None:
        before = deployments.find(work.workspace.registry.read(), int(found["before"]))
        assert before is not None
        raise _taken_back(work, before, str(found["reason"]))
    try:
        traffic.bring_in_line(work.place)
    except (WorkFailed, Unreachable) as error:
        if is_passing(error):
            raise
        _take_back(work, error.message)


def _taken_back(work: ReleaseWork, before: Deployment, reason: str) -> WorkFailed:
    return WorkFailed(
        f"{work.version_name} fails in {work.goal}: {reason}; {version_name(before.version_id)} answers again",
        hint=f"mltui release show {work.name} has every answer",
        code="smoke_failed",
    )


def _commit_take_back(tx: Connection, work: ReleaseWork, *, mine: Deployment, before: Deployment, reason: str) -> None:
    now = work.workspace.now()
    fields = {
        name: getattr(before, name)
        for name in ("environment", "version_id", "package", "image_id", "engine", "cpus", "memory_bytes")
    }
    restored = deployments.add(tx, **fields, state=DeploymentState.STARTING, created_at=now, restores_id=before.id)
    deployments.update(tx, mine.id, withdrawn_reason=reason)
    traffic.commit_switch(tx, work.place, restored, left=replace(mine, withdrawn_reason=reason), by_release=False)
    work.journal.event(
        tx, "VersionWithdrawn", work.version_name, version=work.version_name, environment=work.goal, reason=reason
    )
    work.journal.event(
        tx,
        "RolledBack",
        work.goal,
        environment=work.goal,
        left=deployment_name(mine.id),
        restored=deployment_name(restored.id),
        reason=reason,
    )
