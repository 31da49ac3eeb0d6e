"""The stages of a release up to the decision: package, profile, staging, smoke, checks, approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.domain.digests import stable_json
from mltui.domain.names import data_name
from mltui.domain.release import ReleaseState
from mltui.errors import WorkFailed
from mltui.operations.versions.answer_changes import KEY
from mltui.registry import Connection, approvals, releases
from mltui.worker.environments import packaging, smoking, traffic
from mltui.worker.releases import checking, deciding, holding, profiling
from mltui.worker.releases.inheriting import refuse_what_passed_otherwise
from mltui.worker.releases.release_work import DecisionAwaited, ReleaseEnded, ReleaseWork, StageSkipped
from mltui.worker.releases.turns import await_turn, shares_its_turn


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
    """Brings the version into the environment right before the goal; where it has passed that, its turn is awaited."""
    if not work.through:
        refuse_what_passed_otherwise(work)
        if shares_its_turn(work):
            await_turn(work)
    return bring(work, _last_before(work))


def smoke(work: ReleaseWork) -> Mapping[str, Any]:
    """All cases through the endpoint of the environment right before the goal."""
    return prove(work, _last_before(work))


def _last_before(work: ReleaseWork) -> str:
    if not work.through:
        before = work.rules.after
        raise StageSkipped(
            f"no environment comes before {work.goal}" if before is None else f"{work.version_name} has passed {before}"
        )
    return work.through[-1]


def bring(work: ReleaseWork, environment: str) -> Mapping[str, Any]:
    """Into an environment before the goal; into the first of them when it is the release's turn."""
    place = work.place_in(environment)
    if environment == work.through[0]:
        await_turn(work)
    holding.await_permission(work, place.name)
    return deciding.deploy(work, place, permit=lambda: holding.await_permission(work, place.name))


def prove(work: ReleaseWork, environment: str) -> Mapping[str, Any]:
    """All smoke cases through the environment's endpoint."""
    place = work.place_in(environment)
    traffic.bring_in_line(place)
    report = traffic.smoke_twice(place, work.version)
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
    found = report.as_json() | {KEY: checking.kept_changes(work, checked.against)}
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
