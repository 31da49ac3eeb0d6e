"""Approve and reject: a named person's decision on one exact package and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mltui.domain.approval import (
    People,
    approval_refusals,
    approvals_missing,
    decision_note,
    emergency_refusals,
    rejection_refusals,
    require_no_refusal,
)
from mltui.domain.checks import GateReport
from mltui.domain.job import JobKind
from mltui.domain.names import data_name, release_name, version_name
from mltui.domain.policy import EnvironmentPolicy, Policy
from mltui.domain.release import Approval, Release, ReleaseState
from mltui.domain.run import WorkState
from mltui.domain.version import ModelVersion
from mltui.errors import ConfigInvalid, NotFound, UsageError
from mltui.operations.closing import close_waiting_release
from mltui.operations.lock import holds_now
from mltui.operations.people import people_of
from mltui.operations.policy_record import policy_on_record
from mltui.operations.seal import facts_now, sealed_evidence
from mltui.operations.wake import wake_worker
from mltui.registry import Connection, approvals, events, jobs, releases, versions
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Decision:
    approval: Approval
    release: Release
    missing: int
    """How many approvals the gate still asks for."""


def approve(
    workspace: Workspace,
    version_id: int,
    *,
    comment: str = "",
    acknowledged: Sequence[str] = (),
    evidence: str | None = None,
    emergency: str = "",
) -> Decision:
    """Raises `Refused` with every reason against it; `evidence` is the hash that the person was shown.

    `emergency` is why the glass is broken: other people's approvals, lock and window are then not asked for.
    """
    policy = policy_on_record(workspace)
    _verify_model(workspace, version_id)
    with workspace.registry.write() as tx:
        release, version = _waiting(tx, version_id)
        rules = _rules(policy, release)
        sealed = sealed_evidence(workspace, release)
        earlier = approvals.of_release(tx, release.id)
        people = _people(policy, workspace, release, version, earlier=earlier)
        refusals = approval_refusals(
            release,
            people=people,
            gate=rules.gate,
            report=GateReport.from_json(sealed["checks"]),
            acknowledged=acknowledged,
            current=facts_now(release, sealed=sealed, data=version.data, rules=rules),
            given_evidence=evidence,
            now=workspace.now(),
            sealed_data=sealed["data_digest"],
        )
        refusals += holds_now(tx, release.environment, rules, now=workspace.now())
        if emergency.strip():
            refusals = emergency_refusals(refusals)
        require_no_refusal(refusals, act=f"approving {version_name(version_id)} for {release.environment}")
        note = decision_note(people, is_demo=policy.is_demo)
        approval = _record(
            tx,
            workspace,
            release,
            version,
            person=people.actor,
            decision="approved",
            comment=comment,
            acknowledged=acknowledged,
            note=note,
            emergency=emergency.strip(),
        )
        missing = approvals_missing([*earlier, approval], rules.gate, policy.operators)
        if missing == 0:
            release = releases.update(tx, release.id, state=ReleaseState.RUNNING)
            _let_go_on(tx, workspace, release)
    wake_worker(workspace)
    return Decision(approval, release, missing)


def reject(workspace: Workspace, version_id: int, *, comment: str) -> Decision:
    """Ends the release; production stays as it is."""
    if not comment.strip():
        raise UsageError("a rejection needs a reason", hint='say why with --comment "…"')
    policy = policy_on_record(workspace)
    with workspace.registry.write() as tx:
        release, version = _waiting(tx, version_id)
        rules = _rules(policy, release)
        people = _people(policy, workspace, release, version)
        refusals = rejection_refusals(release, actor_person=people.actor, gate=rules.gate)
        require_no_refusal(refusals, act=f"rejecting {version_name(version_id)} for {release.environment}")
        approval = _record(tx, workspace, release, version, person=people.actor, decision="rejected", comment=comment)
        reason = f"rejected by {approval.person}: {comment}"
        release = close_waiting_release(tx, release.id, state=ReleaseState.REJECTED, reason=reason, at=workspace.now())
    return Decision(approval, release, 0)


def _waiting(tx: Connection, version_id: int) -> tuple[Release, ModelVersion]:
    name = version_name(version_id)
    version = versions.find(tx, version_id)
    if version is None:
        raise NotFound(f"there is no {name}", hint="mltui version list shows what there is")
    found = releases.list_releases(tx, version_id=version_id, limit=20)
    if not found:
        raise NotFound(f"{name} has no release", hint=f"mltui release open {name}")
    return next((each for each in found if each.state is ReleaseState.WAITING_APPROVAL), found[0]), version


def _verify_model(workspace: Workspace, version_id: int) -> None:
    """Before the registry is locked, since it reads all of the model; raises `Damaged` when it is not what it was."""
    release, version = _waiting(workspace.registry.read(), version_id)
    if release.state is ReleaseState.WAITING_APPROVAL:
        workspace.store.verify(version.model)


def _rules(policy: Policy, release: Release) -> EnvironmentPolicy:
    try:
        return policy.environments[release.environment]
    except KeyError:
        raise ConfigInvalid(
            f"the policy knows no environment {release.environment}", hint="put it back first"
        ) from None


def _people(
    policy: Policy,
    workspace: Workspace,
    release: Release,
    version: ModelVersion,
    *,
    earlier: Sequence[Approval] = (),
) -> People:
    return people_of(
        policy,
        workspace.actor,
        release,
        requested_by=version.requested_by,
        author_email=version.author_email,
        earlier=earlier,
    )


def _record(
    tx: Connection,
    workspace: Workspace,
    release: Release,
    version: ModelVersion,
    *,
    person: str,
    decision: str,
    comment: str,
    acknowledged: Sequence[str] = (),
    note: str = "",
    emergency: str = "",
) -> Approval:
    approval = approvals.add(
        tx,
        release_id=release.id,
        person=person,
        login=str(workspace.actor),
        decision=decision,
        comment=comment,
        at=workspace.now(),
        version_id=version.id,
        package=release.package,
        gate=release.gate,
        data=version.data,
        evidence=release.evidence,
        acknowledged=tuple(acknowledged),
        note=note,
        emergency=emergency,
    )
    data = {
        "release": release_name(release.id),
        "version": version_name(version.id),
        "environment": release.environment,
        "person": person,
        "comment": comment,
        "package": release.package,
        "gate": release.gate,
        "data": data_name(version.data),
        "evidence": release.evidence,
        "acknowledged": list(acknowledged),
        "note": note,
    }
    if emergency:
        data["emergency"] = emergency
        said = {"release": release_name(release.id), "version": version_name(version.id), "reason": emergency}
        events.append(tx, "GlassBroken", release_name(release.id), said, actor=str(workspace.actor), at=workspace.now())
    kind = "VersionApproved" if decision == "approved" else "VersionRejected"
    events.append(tx, kind, release_name(release.id), data, actor=str(workspace.actor), at=workspace.now())
    return approval


def _let_go_on(tx: Connection, workspace: Workspace, release: Release) -> None:
    job = jobs.of_subject(tx, kind=JobKind.RELEASE, subject=release_name(release.id))
    if job is not None and job.state is WorkState.WAITING:
        jobs.set_state(tx, job.id, state=WorkState.QUEUED, at=workspace.now())
