"""Releases that wait for a decision, and whether somebody may decide on them. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from mltui.domain.actor import Actor, people_sharing
from mltui.domain.approval import (
    CurrentFacts,
    People,
    Refusal,
    approval_refusals,
    approvals_missing,
    emergency_refusals,
    rejection_refusals,
)
from mltui.domain.checks import GateReport
from mltui.domain.deployment import Environment
from mltui.domain.gate_hash import gate_hash
from mltui.domain.holds import holds
from mltui.domain.names import version_name
from mltui.domain.policy import EnvironmentPolicy, Policy
from mltui.domain.release import Approval, Release, ReleaseState
from mltui.operations.acting.people import people_of
from mltui.operations.standing.environment_health import known_environments
from mltui.operations.standing.sound import sound_rows, told
from mltui.operations.standing.staleness import staleness_of
from mltui.registry import Connection, approvals, releases, version_facts
from mltui.registry.version_facts import VersionFacts


@dataclass(frozen=True, slots=True)
class WaitingRelease:
    release: Release
    version: VersionFacts | None
    """None when its row cannot be found."""
    since: datetime
    expires_at: datetime | None
    """None when the policy does not tell."""
    missing: int | None
    """How many approvals the gate still asks for; None when the policy does not tell."""
    may_approve: bool
    why_not: str
    """Why the actor may not approve it, a sentence; empty otherwise. Checks, package and model are looked at only when
    somebody approves."""
    may_reject: bool
    stale: str = ""
    """Why what answers in the environment before no longer tells for it, a sentence; empty while it is fresh."""
    may_break_glass: bool = False
    """Whether only what an emergency lifts stands against the approval."""
    signers: tuple[str, ...] = ()
    """On an account that several share: who of them may approve it, with a key that tells who acts."""


@dataclass(frozen=True, slots=True)
class _Asker:
    policy: Policy | None
    actor: Actor
    now: datetime


def waiting_releases(
    conn: Connection,
    policy: Policy | None,
    *,
    actor: Actor,
    now: datetime,
    limit: int,
    problems: list[str] | None = None,
) -> tuple[WaitingRelease, ...]:
    """The longest waiting first. A sentence for each damaged row, which is left out, is added to `problems`."""
    missed = [] if problems is None else problems
    found = sound_rows(
        lambda limit, at: releases.list_releases(conn, state=ReleaseState.WAITING_APPROVAL, limit=limit, offset=at),
        limit=10 * limit,
        problems=missed,
    )
    found = sorted(found, key=lambda release: release.waiting_since or release.opened_at)[:limit]
    known = version_facts.facts_of(conn, [release.version_id for release in found])
    earlier = approvals.of_releases(conn, [release.id for release in found])
    places, asker = known_environments(conn, []), _Asker(policy, actor, now)
    return tuple(
        _waiting(
            release,
            known.get(release.version_id),
            asker,
            earlier=earlier[release.id],
            stale=told(partial(staleness_of, conn, release, policy), None, problems=missed),
            place=places.get(release.environment, Environment(release.environment)),
        )
        for release in found
    )


def _waiting(
    release: Release,
    version: VersionFacts | None,
    asker: _Asker,
    *,
    earlier: Sequence[Approval],
    stale: Refusal | None,
    place: Environment,
) -> WaitingRelease:
    since, policy, now = release.waiting_since or release.opened_at, asker.policy, asker.now
    rules = None if policy is None else policy.environments.get(release.environment)
    if policy is None or rules is None or version is None:
        why = _unknown(release, policy, version)
        return WaitingRelease(release, version, since, None, None, False, why, False)
    held = [*filter(None, [stale]), *holds(place, rules, now=now)]
    sharing = people_sharing(asker.actor.login, policy.operators) if rules.gate.signatures else ()
    judged: dict[str, list[Refusal]] = {}
    for signer in sharing or (None,):
        people = people_of(policy, asker.actor, release, version, earlier=earlier, signer=signer)
        judged[people.actor] = [*_refusals(release, version, people, rules=rules, now=now), *held]
    able = tuple(name for name, against in judged.items() if not against)
    against = [] if able else next(iter(judged.values()))
    return WaitingRelease(
        release,
        version,
        since,
        expires_at=since + timedelta(hours=rules.gate.expires_hours),
        missing=approvals_missing(earlier, rules.gate, policy.operators),
        may_approve=bool(able),
        why_not=_sentence(against),
        stale="" if stale is None else stale.sentence,
        may_break_glass=bool(against) and any(not emergency_refusals(each) for each in judged.values()),
        may_reject=any(not rejection_refusals(release, actor_person=name, gate=rules.gate) for name in judged),
        signers=able if sharing else (),
    )


def _refusals(
    release: Release, version: VersionFacts, people: People, *, rules: EnvironmentPolicy, now: datetime
) -> list[Refusal]:
    return approval_refusals(
        release,
        people=people,
        gate=rules.gate,
        report=GateReport(()),
        acknowledged=(),
        current=_current(release, version, rules),
        given_evidence=None,
        now=now,
    )


def _current(release: Release, version: VersionFacts, rules: EnvironmentPolicy) -> CurrentFacts:
    return CurrentFacts(version.id, release.package, gate_hash(rules), version.data, release.evidence)


def _unknown(release: Release, policy: Policy | None, version: VersionFacts | None) -> str:
    if policy is None:
        return "the policy cannot be read"
    if version is None:
        return f"{version_name(release.version_id)} is not in the registry"
    return f"the policy knows no environment {release.environment}"


def _sentence(refusals: Sequence[Refusal]) -> str:
    """Every reason, and what the first one's hint says."""
    reasons = "; ".join(refusal.sentence for refusal in refusals)
    return f"{reasons} ({refusals[0].hint})" if refusals and refusals[0].hint else reasons
