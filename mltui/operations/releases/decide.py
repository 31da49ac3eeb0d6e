"""Approve and reject: a named person's decision on one exact package and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mltui.domain.approval import (
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
from mltui.errors import ConfigInvalid, Conflict, NotFound, UsageError
from mltui.operations.acting.closing import close_waiting_release
from mltui.operations.acting.people import people_of
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.told import told
from mltui.operations.acting.wake import wake_worker
from mltui.operations.environments.lock import holds_now
from mltui.operations.releases.pen import Said, drafted, pen_for
from mltui.operations.releases.seal import facts_now, sealed_evidence
from mltui.operations.standing.staleness import staleness_of
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
    emergency: str | None = None,
    key: Path | None = None,
) -> Decision:
    """Raises `Refused` with every reason against it; `evidence` is the hash that the person was shown.

    `emergency` is why the glass is broken: other people's approvals, lock and window are then not asked for.
    `key` is an SSH key to sign with; without it, where the gate asks for a signature, one of the agent's.
    """
    if emergency is not None and not emergency.strip():
        raise UsageError("breaking the glass needs a reason", hint='say what the emergency is: --break-glass "…"')
    policy = policy_on_record(workspace)
    _verify_model(workspace, version_id)
    said = Said("approved", comment, tuple(acknowledged), (emergency or "").strip())
    pen = pen_for(workspace, policy, _waiting(workspace.registry.read(), version_id)[0], said, key=key)
    with workspace.registry.write() as tx:
        release, version = _waiting(tx, version_id)
        rules = _rules(policy, release)
        sealed = sealed_evidence(workspace, release)
        earlier = approvals.of_release(tx, release.id)
        people = people_of(policy, workspace.actor, release, version, earlier=earlier, signer=pen.person)
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
        refusals += filter(None, [staleness_of(tx, release, policy)])
        refusals += holds_now(tx, release.environment, rules, now=workspace.now())
        if said.emergency:
            refusals = emergency_refusals(refusals)
        require_no_refusal(refusals, act=f"approving {version_name(version_id)} for {release.environment}")
        note = decision_note(people, rules.gate, is_demo=policy.is_demo)
        draft = drafted(workspace, release, version, said, person=people.actor, note=note)
        approval = _record(tx, workspace, release, pen.signed(draft, release.environment))
        missing = approvals_missing([*earlier, approval], rules.gate, policy.operators)
        if missing == 0:
            release = releases.update(tx, release.id, state=ReleaseState.RUNNING)
            _let_go_on(tx, workspace, release)
    wake_worker(workspace)
    return Decision(approval, release, missing)


def reject(
    workspace: Workspace, version_id: int, *, comment: str, shown: int | None = None, key: Path | None = None
) -> Decision:
    """Ends the release; production stays as it is. `shown` is the id of the release that the person looked at.

    Raises `Conflict` where another one waits by now.
    """
    if not comment.strip():
        raise UsageError("a rejection needs a reason", hint='say why with --comment "…"')
    policy = policy_on_record(workspace)
    said = Said("rejected", comment)
    pen = pen_for(workspace, policy, _waiting(workspace.registry.read(), version_id)[0], said, key=key)
    with told(workspace), workspace.registry.write() as tx:
        release, version = _waiting(tx, version_id)
        if shown not in (None, release.id):
            raise Conflict(
                f"{release_name(release.id)} has taken the place of the release that you were shown",
                hint=f"look at it first: mltui release show {release_name(release.id)}",
            )
        rules = _rules(policy, release)
        people = people_of(policy, workspace.actor, release, version, signer=pen.person)
        refusals = rejection_refusals(release, actor_person=people.actor, gate=rules.gate)
        require_no_refusal(refusals, act=f"rejecting {version_name(version_id)} for {release.environment}")
        draft = drafted(workspace, release, version, said, person=people.actor)
        approval = _record(tx, workspace, release, pen.signed(draft, release.environment))
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


def _record(tx: Connection, workspace: Workspace, release: Release, approval: Approval) -> Approval:
    name, at, actor = release_name(release.id), approval.at, str(workspace.actor)
    data: dict[str, Any] = {
        "release": name,
        "version": version_name(approval.version_id),
        "environment": release.environment,
        "person": approval.person,
        "comment": approval.comment,
        "package": approval.package,
        "gate": approval.gate,
        "data": data_name(approval.data),
        "evidence": approval.evidence,
        "acknowledged": list(approval.acknowledged),
        "note": approval.note,
        "signature": approval.signature,
        "key": approval.key,
    }
    if approval.emergency:
        said = {"release": name, "version": data["version"], "reason": approval.emergency}
        events.append(tx, "GlassBroken", name, said, actor=actor, at=at)
    kind = "VersionApproved" if approval.decision == "approved" else "VersionRejected"
    events.append(tx, kind, name, data, actor=actor, at=at)
    return approvals.add(tx, approval)


def _let_go_on(tx: Connection, workspace: Workspace, release: Release) -> None:
    job = jobs.of_subject(tx, kind=JobKind.RELEASE, subject=release_name(release.id))
    if job is not None and job.state is WorkState.WAITING:
        jobs.set_state(tx, job.id, state=WorkState.QUEUED, at=workspace.now())
