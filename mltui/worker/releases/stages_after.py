"""The stages of a release after the decision: production and smoke there; and the way back when they fail."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from mltui.domain.approval import CurrentFacts, deploy_refusals
from mltui.domain.deployment import Deployment
from mltui.domain.digests import digest_of
from mltui.domain.names import parse_id, version_name
from mltui.errors import Refused, Unreachable, WorkFailed
from mltui.operations.releases.verify_signatures import unsound
from mltui.registry import Connection, approvals, deployments, releases
from mltui.worker.environments import packaging, smoking, stopping, traffic
from mltui.worker.environments.restoring import commit_rollback
from mltui.worker.faults import is_passing
from mltui.worker.journal import WORKER
from mltui.worker.releases import deciding, holding, stepping
from mltui.worker.releases.release_work import ReleaseWork

_TO_BE_TAKEN_BACK = "to be taken back"


def production(work: ReleaseWork) -> Mapping[str, Any]:
    """Refuses, naming it, whatever changed between the approval and the switch; the same motion as in staging, with
    the traffic in steps where policy says so."""
    if not has_switched(work):
        _await_permission(work)
        _renew_image(work)
    permit = partial(_await_permission, work)
    deployed = deciding.deploy(work, work.place, permit=permit, go_up=partial(stepping.go_up, work, permit=permit))
    return {**work.found("production"), **deployed, "image": work.release.image_id}


def _await_permission(work: ReleaseWork) -> bool:
    """Whether it had to wait for a lock or a window; in the meantime policy and package may have changed, too."""
    has_waited = holding.await_permission(work, work.goal)
    refuse_what_changed(work)
    return has_waited


def _renew_image(work: ReleaseWork) -> None:
    """An image that is gone meanwhile is built again; of the same package, but by another id."""
    release, place = work.release, work.place
    packed = packaging.build(work.workspace, work.version, engine_name=place.engine_name)
    if packed.digest != release.package:
        raise Refused(
            f"the image of {work.version_name} would be another package than the one that was approved",
            hint=f"open a new release: mltui release open {work.version_name}",
            code="package_changed",
        )
    if packed.image_id == release.image_id:
        return
    with work.workspace.registry.write() as tx:
        releases.update(tx, release.id, image_id=packed.image_id)
        for deployment in deployments.of_release(tx, release.id):
            if deployment.engine == place.engine_name:
                deployments.update(tx, deployment.id, image_id=packed.image_id)


def production_smoke(work: ReleaseWork) -> Mapping[str, Any]:
    """Through the endpoint. A version that fails here is taken back at once."""
    take_up(work)
    report = traffic.smoke_twice(work.place, work.version)
    traffic.record_smoke(work.place, report, version_id=work.version.id, at=work.workspace.now())
    if not report.is_green:
        take_back(work, report.sentence)
    return smoking.as_json(report)


def refuse_what_changed(work: ReleaseWork) -> None:
    """An approval holds for one exact package, gate, data version and evidence."""
    deciding.refuse_without_containers(work)
    decisions = approvals.of_release(work.workspace.registry.read(), work.release_id)
    facts = current_facts(work)
    operators = work.policy.operators
    refusals = deploy_refusals(decisions, gate=work.rules.gate, operators=operators, current=facts)
    if refusals:
        raise Refused(
            "; ".join(refusal.sentence for refusal in refusals),
            hint=f"open a new release: mltui release open {work.version_name}",
            code=refusals[0].code,
        )
    for each in decisions if work.rules.gate.signatures else ():
        problem = unsound(each, environment=work.goal, operators=operators)
        if problem:
            raise Refused(problem, hint="open a new release, and sign it anew", code="not_signed")


def current_facts(work: ReleaseWork) -> CurrentFacts:
    """As they are now, computed anew and not read from the release."""
    release = work.release
    parts = packaging.package_parts(work.workspace, work.version, engine_name=work.place.engine_name)
    work.workspace.store.verify(work.version.model)
    evidence = work.workspace.store.read_bytes(release.evidence)
    return CurrentFacts(
        version=work.version.id,
        package=digest_of(parts),
        gate=deciding.gate_of(work),
        data=work.version.data,
        evidence=work.workspace.store.put_bytes(evidence),
    )


def own_deployment(work: ReleaseWork) -> Deployment:
    """The release's own in the environment that it leads to."""
    known = deployments.of_release(work.workspace.registry.read(), work.release_id)
    return next(each for each in reversed(known) if each.environment == work.goal and each.restores_id is None)


def has_switched(work: ReleaseWork) -> bool:
    """Whether the release's deployment has been given the traffic."""
    return work.journal.found(deciding.switch_of(work.place)) is not None


def give_back(work: ReleaseWork, reason: str) -> str:
    """Withdraws this version, unless another answers by now, and tells who answers from then on.

    What answered before answers again; where nothing did, the environment is stopped.
    """
    place, mine, before = work.place, own_deployment(work), _before(work)
    with work.workspace.traffic_lock(place.name):
        if place.environment.deployment_id == mine.id and not place.environment.is_stopped:
            _switch_back(work, mine=mine, before=before, reason=reason)
    return _who_answers(work, before)


def _before(work: ReleaseWork) -> Deployment | None:
    left = (work.journal.found(deciding.switch_of(work.place)) or {}).get("left")
    if left is None:
        return None
    return deployments.find(work.workspace.registry.read(), parse_id("deployment", str(left)))


def _who_answers(work: ReleaseWork, before: Deployment | None) -> str:
    return f"{work.goal} is stopped" if before is None else f"{version_name(before.version_id)} answers again"


def take_back(work: ReleaseWork, reason: str) -> NoReturn:
    """Gives production back, and fails the release; on record first, so that nobody who takes it up judges anew."""
    found = work.journal.once(_TO_BE_TAKEN_BACK, lambda: {"reason": reason})
    raise _taken_back(work, give_back(work, str(found["reason"])), str(found["reason"]))


def _switch_back(work: ReleaseWork, *, mine: Deployment, before: Deployment | None, reason: str) -> None:
    def point() -> Mapping[str, Any]:
        if before is None:
            stopping.silence(work.place)
        else:
            traffic.prove(work.place, before)
            traffic.point_to(work.place, before)
        work.journal.on_boundary(f"{work.goal} pointed back")
        return {"before": None if before is None else before.id, "reason": reason}

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        if before is None:
            _commit_stop(tx, work, mine=mine, reason=reason)
        else:
            commit_rollback(tx, work.place, left=mine, target=before, reason=reason)

    work.journal.once("taken back", point, commit=commit)


def take_up(work: ReleaseWork) -> None:
    """After a crash: what was taken back fails again for the same reason; else production gets what it had."""
    found = work.journal.found(_TO_BE_TAKEN_BACK)
    if found is not None:
        take_back(work, str(found["reason"]))
    try:
        traffic.bring_in_line(work.place)
    except (WorkFailed, Unreachable) as error:
        if is_passing(error):
            raise
        take_back(work, error.message)


def _taken_back(work: ReleaseWork, outcome: str, reason: str) -> WorkFailed:
    return WorkFailed(
        f"{work.version_name} fails in {work.goal}: {reason}; {outcome}",
        hint=f"mltui release show {work.name} has every answer",
        code="smoke_failed",
    )


def _commit_stop(tx: Connection, work: ReleaseWork, *, mine: Deployment, reason: str) -> None:
    deployments.update(tx, mine.id, withdrawn_reason=reason)
    stopping.commit_stop(tx, work.place, actor=WORKER, reason=f"{work.version_name} is withdrawn: {reason}")
    _say_withdrawn(tx, work, reason)


def _say_withdrawn(tx: Connection, work: ReleaseWork, reason: str) -> None:
    work.journal.event(
        tx, "VersionWithdrawn", work.version_name, version=work.version_name, environment=work.goal, reason=reason
    )
