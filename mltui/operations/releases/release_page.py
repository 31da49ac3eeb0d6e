"""One snapshot of a release as a decision needs it. Reads only; what is missing is a sentence, not an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mltui.domain.bias_in_sight import BiasInSight
from mltui.domain.checks import GateReport
from mltui.domain.deployment import Deployment
from mltui.domain.model_card import CardField, ModelCard
from mltui.domain.names import release_name
from mltui.domain.policy import Policy, last_environment
from mltui.domain.release import Approval, Release, ReleaseState
from mltui.domain.rollout import StepProgress
from mltui.domain.version import ModelVersion
from mltui.errors import MltuiError
from mltui.operations.acting.policy_record import try_policy
from mltui.operations.releases.against_production import AgainstProduction, sealed_against
from mltui.operations.releases.groups_in_sight import groups_in_sight
from mltui.operations.releases.presence import others_at
from mltui.operations.standing.browse import list_releases
from mltui.operations.standing.durations import usual_seconds
from mltui.operations.standing.rollout_progress import progress_of
from mltui.operations.standing.sound import told
from mltui.operations.standing.state import ReleaseDetail, release_state
from mltui.operations.standing.waiting import WaitingRelease, waiting_releases
from mltui.operations.versions.answer_changes import CheckedChanges, checked_changes
from mltui.operations.versions.model_card import try_card
from mltui.registry import approvals, deployments, environments, versions
from mltui.registry.presence import Presence
from mltui.workspace import Workspace

_MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class ReleasePage:
    at: datetime
    detail: ReleaseDetail
    version: ModelVersion | None
    """None when its row cannot be found."""
    baseline: ModelVersion | None
    """What was in production when the evidence was sealed, else what is there now; None for a first release."""
    against: AgainstProduction | None
    """What the sealed evidence tells of production; None where nothing was there, or nothing is sealed yet."""
    live: Deployment | None
    """What answers there now."""
    waiting: WaitingRelease | None
    """None unless it waits for a decision."""
    report: GateReport | None
    """None before the checks."""
    changes: CheckedChanges | None
    """What is answered otherwise than in production; None before the checks, and where nothing was there."""
    judged: tuple[tuple[str, str], ...]
    """(attribute, metric) of the bias checks that the policy asks for."""
    bias: BiasInSight | None
    """Of all groups, whatever the checks ask for; None where that cannot be read."""
    is_last_environment: bool
    """Whether this leads to where the policy's order ends."""
    usual_seconds: Mapping[str, float]
    """Stage → median of past ones."""
    card: ModelCard
    """As it was sealed, else as it is now."""
    others: tuple[Presence, ...]
    """Who else has this decision open."""
    problems: tuple[str, ...]
    """What cannot be told, a sentence each."""

    @property
    def release(self) -> Release:
        return self.detail.release

    @property
    def harm(self) -> str:
        """Whom the release would serve worse; empty where nobody is, but for noise."""
        return "" if self.changes is None else self.changes.harm(self.release.version_id)

    @property
    def progress(self) -> StepProgress | None:
        """Where its traffic stands; None while that does not go over in steps."""
        found = progress_of(self.detail.stages)
        return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as a list shows it."""

    release: Release
    approvals: tuple[Approval, ...]


def release_rows(workspace: Workspace, *, matching: str = "", limit: int, offset: int) -> list[ReleaseRow]:
    """A page of `list_releases`, with who decided."""
    found = list_releases(workspace, matching=matching, limit=limit, offset=offset)
    decided = approvals.of_releases(workspace.registry.read(), [each.id for each in found])
    return [ReleaseRow(each, tuple(decided[each.id])) for each in found]


def release_page(workspace: Workspace, name: str) -> ReleasePage:
    """`name` as for `require_release`; raises `NotFound` for a release that is not there."""
    detail, now, conn = release_state(workspace, name), workspace.now(), workspace.registry.read()
    release = detail.release
    policy, problem = try_policy(workspace)
    evidence, missing = _sealed(workspace, release)
    live = _live(workspace, release.environment)
    version = versions.find(conn, release.version_id)
    against = (evidence.get("in_production") or {}).get("version") if evidence else _other(live, release)
    damaged: list[str] = []
    card, unread = _card(workspace, evidence, version)
    return ReleasePage(
        at=now,
        detail=detail,
        version=version,
        baseline=versions.find(conn, against) if isinstance(against, int) else None,
        against=told(lambda: sealed_against(evidence), None, problems=damaged),
        live=live,
        waiting=_waiting(workspace, release, policy, now),
        report=_report(detail),
        changes=told(lambda: checked_changes(detail.stages), None, problems=damaged),
        judged=_judged(policy, release.environment),
        bias=groups_in_sight(workspace, release, policy),
        is_last_environment=policy is not None and last_environment(policy) == release.environment,
        usual_seconds=usual_seconds(workspace).stages,
        card=card,
        others=told(lambda: others_at(workspace, release_name(release.id), now=now), (), problems=damaged),
        problems=tuple(
            each
            for each in (
                f"the policy cannot be read: {problem}" if problem else "",
                missing,
                unread,
                "" if version is not None else f"v{release.version_id} is not in the registry",
                *damaged,
            )
            if each
        ),
    )


def _sealed(workspace: Workspace, release: Release) -> tuple[Mapping[str, Any], str]:
    """The evidence and why it cannot be read; both empty before it is sealed."""
    if not release.evidence:
        return {}, ""
    try:
        found = json.loads(workspace.store.read_bytes(release.evidence))
    except (MltuiError, OSError, ValueError) as error:
        return {}, f"the sealed evidence cannot be read: {error}"
    return (found, "") if isinstance(found, dict) else ({}, "the sealed evidence is not what it should be")


def _card(workspace: Workspace, evidence: Mapping[str, Any], version: ModelVersion | None) -> tuple[ModelCard, str]:
    sealed = evidence.get("model_card")
    if sealed:
        return tuple(CardField(str(each["field"]), str(each["text"])) for each in sealed), ""
    return ((), "") if version is None else try_card(workspace, version)


def _live(workspace: Workspace, environment: str) -> Deployment | None:
    conn = workspace.registry.read()
    known = environments.find(conn, environment)
    return None if known is None or known.deployment_id is None else deployments.find(conn, known.deployment_id)


def _other(live: Deployment | None, release: Release) -> int | None:
    return None if live is None or live.version_id == release.version_id else live.version_id


def _waiting(workspace: Workspace, release: Release, policy: Policy | None, now: datetime) -> WaitingRelease | None:
    if release.state is not ReleaseState.WAITING_APPROVAL:
        return None
    conn = workspace.registry.read()
    found = waiting_releases(conn, policy, actor=workspace.actor, now=now, limit=_MOST_WAITING)
    return next((each for each in found if each.release.id == release.id), None)


def _report(detail: ReleaseDetail) -> GateReport | None:
    data = next((stage.data for stage in detail.stages if stage.name == "checks"), None)
    return GateReport.from_json(data) if data and "checks" in data else None


def _judged(policy: Policy | None, environment: str) -> tuple[tuple[str, str], ...]:
    rules = None if policy is None else policy.environments.get(environment)
    checks = () if rules is None else rules.checks
    return tuple((rule.attribute, rule.metric) for rule in checks if rule.attribute is not None)
