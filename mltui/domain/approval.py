"""Who may decide on a release, on what exactly, and whether that decision still holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from mltui.domain.actor import UNKNOWN, Actor, people_behind
from mltui.domain.checks import GateReport
from mltui.domain.digests import digest_of
from mltui.domain.names import release_name, version_name
from mltui.domain.policy import Gate, Operator
from mltui.domain.release import Approval, Release, ReleaseState
from mltui.errors import Refused

_CHANGED: Mapping[str, str] = {
    "version": "the version",
    "package": "the package (model, serving sources, requirements or base image)",
    "gate": "the environment's gate",
    "data": "the data version",
    "evidence": "the evidence",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why an act is not allowed."""

    code: str
    """Stable, for scripts."""
    sentence: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class CurrentFacts:
    """What stands now of the things that an approval binds; digests and hashes in hex."""

    version: int
    package: str
    gate: str
    data: str
    evidence: str


def package_digest(*, model: str, serving: str, requirements: str, base: str) -> str:
    """SHA-256 (hex) over the digests of model folder, serving sources, pinned requirements and base image."""
    return digest_of({"model": model, "serving": serving, "requirements": requirements, "base": base})


@dataclass(frozen=True, slots=True)
class People:
    """Who stands on which side of a decision, by their names in the policy."""

    actor: str
    """Whose role counts: the person of the login that decides, or `unknown`."""
    behind: frozenset[str]
    """The actor, and who became the actor by sudo."""
    requesters: frozenset[str]
    """Who asked for the run, and who became that login by sudo."""
    author: str
    """Of the commit, or `unknown`."""
    openers: frozenset[str] = frozenset()
    """Who opened the release, and who became that login by sudo; of one that opened by itself, the requesters."""
    approved: frozenset[str] = frozenset()
    """Who stands behind the approvals so far."""

    @property
    def made_it_themselves(self) -> bool:
        return bool(self.behind & {*self.requesters, *self.openers, self.author})


def approval_refusals(
    release: Release,
    *,
    people: People,
    gate: Gate,
    report: GateReport,
    acknowledged: Collection[str],
    current: CurrentFacts,
    given_evidence: str | None,
    now: datetime,
    sealed_data: str | None = None,
) -> list[Refusal]:
    """Every reason against this approval; empty when it may be recorded.

    `sealed_data` is the data version that the sealed evidence names; None where only the version itself holds it.
    An author who is `unknown` cannot be compared with the actor;
    `decision_note` says so.
    """
    if release.state is not ReleaseState.WAITING_APPROVAL:
        return [_not_waiting(release)]
    return [
        *_against_the_person(people, gate),
        *broken_seal(release, gate=gate, current=current, now=now, sealed_data=sealed_data),
        *_against_the_evidence(release, given_evidence),
        *_against_the_checks(report, acknowledged),
    ]


def broken_seal(
    release: Release, *, gate: Gate, current: CurrentFacts, now: datetime, sealed_data: str | None = None
) -> list[Refusal]:
    """Every reason why nobody may approve this waiting release any more, so that a new one may take its place."""
    data = current.data if sealed_data is None else sealed_data
    sealed = CurrentFacts(release.version_id, release.package, release.gate, data, release.evidence)
    hint = f"open a new release: mltui release open {version_name(release.version_id)}"
    found = [_changed(name, "the release reached the gate") for name in _differences(sealed, current)]
    if not release.evidence:
        found.insert(0, Refusal("not_sealed", "no evidence is sealed for it"))
    if is_expired(release, gate, now=now):
        found.insert(0, Refusal("expired", f"it waited longer than {gate.expires_hours:g} hours"))
    return [replace(each, hint=hint) for each in found]


def role_refusals(person: str, gate: Gate) -> list[Refusal]:
    """Every reason why this person has no say at the gate."""
    return list(_against_the_role(person, gate))


def rejection_refusals(release: Release, *, actor_person: str, gate: Gate) -> list[Refusal]:
    """Every reason against a rejection; who asked for the run may reject it."""
    if release.state is not ReleaseState.WAITING_APPROVAL:
        return [_not_waiting(release)]
    return role_refusals(actor_person, gate)


def deploy_refusals(
    approvals: Sequence[Approval], *, gate: Gate, operators: Mapping[str, Operator], current: CurrentFacts
) -> list[Refusal]:
    """Every reason why the decisions allow no deploy now: too few, a rejection, or something that changed since."""
    refusals = [Refusal("rejected", f"{one.person} rejected it") for one in approvals if one.decision == "rejected"]
    missing = approvals_missing(approvals, gate, operators)
    if missing:
        refusals.append(Refusal("approvals_missing", f"{missing} of {required_approvals(gate)} approvals are missing"))
    approved = [one for one in approvals if one.decision == "approved"]
    return refusals + [
        _changed(name, f"{one.person} approved")
        for one in approved
        for name in _differences(CurrentFacts(one.version_id, one.package, one.gate, one.data, one.evidence), current)
    ]


EMERGENCY_LIFTS = frozenset({"self_approval", "already_approved", "locked", "outside_window"})
"""Codes of what somebody who breaks the glass may do all the same. Checks, seal and role hold even then."""


def emergency_refusals(refusals: Sequence[Refusal]) -> list[Refusal]:
    """Those of the refusals that hold in an emergency, too."""
    return [refusal for refusal in refusals if refusal.code not in EMERGENCY_LIFTS]


def acknowledgement_refusals(people: People, gate: Gate) -> list[Refusal]:
    """Against the one who wants to have seen an emergency: another operator has to, whose role is at that gate."""
    refusals = list(_against_the_role(people.actor, gate))
    for name in sorted(people.behind & people.approved)[:1]:
        refusals.append(Refusal("own_emergency", f"{name} broke the glass", "another approver has to look at it"))
    return refusals


def required_approvals(gate: Gate) -> int:
    """Nothing is approved by itself, whatever the policy says."""
    return max(1, gate.required)


def approvals_missing(approvals: Sequence[Approval], gate: Gate, operators: Mapping[str, Operator]) -> int:
    """How many more people have to approve; a person counts once, by whatever logins, and only as an approver here.

    One approver's approval in an emergency stands for all.
    """
    for one in approvals:
        is_valid = one.person in gate.approvers and (bool(one.signature) or not gate.signatures)
        if one.decision == "approved" and one.emergency and is_valid:
            return 0
    number, counted = 0, frozenset[str]()
    for one in approvals:
        behind = people_behind_approvals([one], operators)
        if gate.signatures and not one.signature:
            continue
        if one.person in gate.approvers and behind and not behind & counted:
            number, counted = number + 1, counted | behind
    return max(0, required_approvals(gate) - number)


def people_behind_approvals(approvals: Sequence[Approval], operators: Mapping[str, Operator]) -> frozenset[str]:
    """Those who approved, and who became them by sudo."""
    approved = [one for one in approvals if one.decision == "approved"]
    return frozenset(
        name for one in approved for name in {one.person, *people_behind(Actor.parse(one.login), operators)}
    )


def is_expired(release: Release, gate: Gate, *, now: datetime) -> bool:
    waited = now - (release.waiting_since or release.opened_at)
    return waited.total_seconds() >= gate.expires_hours * 3600


def decision_note(people: People, gate: Gate, *, is_demo: bool) -> str:
    """What stands beside an approval that the usual rule would not allow, or could not check."""
    notes = []
    if people.made_it_themselves:
        allowed = "demo policy" if is_demo else "policy"
        notes.append(f"self-approved ({allowed if gate.self_approval else 'glass broken'})")
    if people.author == UNKNOWN:
        notes.append("commit author unknown")
    return "; ".join(notes)


def require_no_refusal(refusals: Sequence[Refusal], *, act: str) -> None:
    """Raises `Refused` with every sentence, and the code and hint of the first."""
    if refusals:
        reasons = "; ".join(refusal.sentence for refusal in refusals)
        raise Refused(f"{act} is refused: {reasons}", hint=refusals[0].hint, code=refusals[0].code)


def _not_waiting(release: Release) -> Refusal:
    name, is_lost = release_name(release.id), release.state.is_over and release.state is not ReleaseState.SUCCEEDED
    hint = f"mltui release show {name}"
    if is_lost:
        hint += f" tells why; mltui release open {version_name(release.version_id)} opens another"
    return Refusal("not_waiting", f"{name} is {release.state.value}, it waits for no decision", hint)


def _against_the_person(people: People, gate: Gate) -> Iterator[Refusal]:
    yield from _against_the_role(people.actor, gate)
    if people.made_it_themselves and not gate.self_approval:
        yield Refusal("self_approval", f"{_deed(people)} and may not approve it", "ask another approver")
    for name in sorted(people.behind & people.approved)[:1]:
        yield Refusal("already_approved", f"{name} has approved it already", "another approver has to agree")


def _deed(people: People) -> str:
    for name in sorted(people.behind & people.requesters):
        return f"{name} asked for the run"
    for name in sorted(people.behind & people.openers):
        return f"{name} opened the release"
    return f"{people.author} wrote the commit"


def _against_the_role(actor: str, gate: Gate) -> Iterator[Refusal]:
    hint = f"approvers are: {', '.join(gate.approvers) or 'nobody'}"
    if actor == UNKNOWN:
        yield Refusal("unknown_person", "the login belongs to no operator in the policy", hint)
    elif actor not in gate.approvers:
        yield Refusal("not_approver", f"{actor} is no approver of this gate", hint)


def _against_the_evidence(release: Release, given: str | None) -> Iterator[Refusal]:
    if given is not None and given != release.evidence:
        hint = f"mltui release show {release_name(release.id)} shows what is sealed"
        yield Refusal("evidence_differs", "the evidence given is not the evidence that is sealed", hint)


def _against_the_checks(report: GateReport, acknowledged: Collection[str]) -> Iterator[Refusal]:
    for check in report.failed:
        yield Refusal("check_failed", f"{check.name}: {check.sentence}", "train a better version")
    held = [check.name for check in report.inconclusive]
    for name in held:
        if name not in acknowledged:
            yield Refusal(
                "not_acknowledged", f"“{name}” is inconclusive and not acknowledged", "acknowledge it by its name"
            )
    for name in sorted(set(acknowledged) - set(held)):
        known = ", ".join(held) or "nothing"
        yield Refusal("nothing_to_acknowledge", f"“{name}” is no inconclusive check", f"inconclusive is: {known}")


def _differences(before: CurrentFacts, now: CurrentFacts) -> list[str]:
    return [field.name for field in fields(now) if getattr(before, field.name) != getattr(now, field.name)]


def _changed(name: str, since: str) -> Refusal:
    return Refusal(f"{name}_changed", f"{_CHANGED[name]} changed after {since}", "open a new release")
