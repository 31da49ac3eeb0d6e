"""The stages of a release up to the decision: package, profile, staging, smoke, checks, approval."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mltui.domain.digests import stable_json
from mltui.domain.names import data_name, release_name
from mltui.domain.release import ReleaseState
from mltui.errors import WorkFailed
from mltui.operations.closing import close_waiting_release
from mltui.registry import Connection, approvals, releases
from mltui.worker import checking, deciding, holding, packaging, profiling, smoking, traffic
from mltui.worker.release_work import DecisionAwaited, ReleaseEnded, ReleaseWork, StageSkipped

TURN_SECONDS = 0.5


def package(work: ReleaseWork) -> Mapping[str, Any]:
    """Builds what will be served and fixes its identity."""
    deciding.refuse_without_containers(work)
    packed = packaging.build(work.workspace, work.version, engine_name=work.place.engine_name)
    with work.workspace.registry.write() as tx:
        releases.update(tx, work.release_id, package=packed.digest, image_id=packed.image_id)
    return {"package": packed.digest, "image": packed.image_id, "parts": packed.parts}


def profile(work: ReleaseWork) -> Mapping[str, Any]:
    """Latency and memory through the served path at the environment's cpus; its peak becomes the server's limit."""
    if "profile" in work.rules.skip:
        raise StageSkipped(f"the policy of {work.goal} skips it")
    return profiling.profile(work)


def staging(work: ReleaseWork) -> Mapping[str, Any]:
    """Brings the version into the environment before; waits for its turn there."""
    place = work.staging
    if place is None:
        raise StageSkipped(f"no environment comes before {work.goal}")
    _await_turn(work)
    holding.await_permission(work, place.name)
    return deciding.deploy(work, place, permit=lambda: holding.await_permission(work, place.name))


def smoke(work: ReleaseWork) -> Mapping[str, Any]:
    """All cases through staging's endpoint."""
    place = work.staging
    if place is None:
        raise StageSkipped(f"no environment comes before {work.goal}")
    traffic.bring_in_line(place)
    report = traffic.smoke_endpoint(place, work.version)
    traffic.record_smoke(place, report, version_id=work.version.id, at=work.workspace.now())
    if not report.is_green:
        raise WorkFailed(
            f"{work.version_name} fails its smoke cases in {place.name}: {report.sentence}",
            hint=f"mltui release show {work.name} has every answer",
            code="smoke_failed",
        )
    return smoking.as_json(report)


def checks(work: ReleaseWork) -> Mapping[str, Any]:
    """Every check of the environment's gate; one that failed ends the release."""
    checked = checking.check(work)
    report = checked.report
    found = report.as_json() | {"prediction_diff": checking.kept_diff(work, checked.diff)}
    if report.failed:
        work.journal.workspace.store.put_bytes(stable_json(found))
        deciding.keep_found(work, "checks", found)
        reasons = "; ".join(f"{check.name}: {check.sentence}" for check in report.failed)
        raise WorkFailed(
            f"checks failed: {reasons}", hint=f"mltui release show {work.name} has all of them", code="checks_failed"
        )
    return found


def approval(work: ReleaseWork) -> Mapping[str, Any]:
    """Seals the evidence and waits for a person; goes on when there are as many approvals as the gate asks for."""
    _seal(work)
    release = work.release
    decisions = approvals.of_release(work.workspace.registry.read(), work.release_id)
    rejected = next((each for each in decisions if each.decision == "rejected"), None)
    if rejected is not None:
        raise ReleaseEnded(
            ReleaseState.REJECTED, "ReleaseCancelled", f"rejected by {rejected.person}: {rejected.comment}"
        )
    if release.state is ReleaseState.WAITING_APPROVAL:
        raise DecisionAwaited
    return {
        "approved_by": [each.person for each in decisions],
        "evidence": release.evidence,
        "notes": [each.note for each in decisions if each.note],
    }


def _seal(work: ReleaseWork) -> None:
    def act() -> Mapping[str, Any]:
        evidence = deciding.evidence(work)
        digest = work.workspace.store.put_bytes(stable_json(evidence))
        return {"evidence": digest, "gate": deciding.gate_of(work)}

    def commit(tx: Connection, data: Mapping[str, Any]) -> None:
        releases.update(
            tx,
            work.release_id,
            state=ReleaseState.WAITING_APPROVAL,
            evidence=data["evidence"],
            gate=data["gate"],
            waiting_since=work.workspace.now(),
        )
        work.journal.event(
            tx,
            "ApprovalRequested",
            work.name,
            release=work.name,
            version=work.version_name,
            evidence=data["evidence"],
            package=work.release.package,
            gate=data["gate"],
            data=data_name(work.version.data),
        )

    work.journal.once("evidence sealed", act, commit=commit)


def _await_turn(work: ReleaseWork) -> None:
    """One release at a time in staging: a newer one supersedes one that waits, and queues behind one that moves.

    One that somebody has approved already counts as one that moves: others are deciding on it.
    """
    while True:
        work.journal.check_cancelled()
        conn = work.workspace.registry.read()
        others = [each for each in releases.unfinished(conn, environment=work.goal) if each.id < work.release_id]
        if all(_supersede(work, other.id) for other in others):
            return
        time.sleep(TURN_SECONDS)


def _supersede(work: ReleaseWork, other_id: int) -> bool:
    """Whether it is out of the way now."""
    name = release_name(other_id)
    with work.workspace.registry.write() as tx:
        other = releases.find(tx, other_id)
        if other is None or other.state.is_over:
            return True
        if other.state is not ReleaseState.WAITING_APPROVAL or approvals.of_release(tx, other_id):
            return False
        reason, now = f"superseded by {work.name}", work.workspace.now()
        close_waiting_release(tx, other_id, state=ReleaseState.SUPERSEDED, reason=reason, at=now)
        work.journal.event(tx, "ReleaseSuperseded", name, release=name, by=work.name)
        return True
