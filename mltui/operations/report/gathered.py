"""All that a report tells of a version. No clock: it gives the same report until people add something to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mltui.domain.answer_changes import AnswerChanges, harm_sentence
from mltui.domain.checks import GateReport
from mltui.domain.data_bias import DataBias
from mltui.domain.deployment import Deployment
from mltui.domain.model_card import ModelCard
from mltui.domain.names import version_name
from mltui.domain.release import Approval, Release
from mltui.domain.version import ModelVersion, Note
from mltui.operations.acting.policy_record import least_harm
from mltui.operations.releases.against_production import AgainstProduction, sealed_against
from mltui.operations.releases.seal import try_sealed_evidence
from mltui.operations.report.recorded import as_recorded
from mltui.operations.standing.state import release_state, version_as_far_as_read, version_state
from mltui.operations.versions.answer_changes import CheckedChanges, checked_changes
from mltui.operations.versions.bias_trend import BiasHistory, bias_history
from mltui.operations.versions.data_bias import data_bias_of
from mltui.operations.versions.model_card import try_card
from mltui.operations.versions.paired import Paired, paired
from mltui.registry import deployments
from mltui.workspace import Workspace

MOST_VERSIONS = 12
"""Over which the group that is worst off is drawn."""


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """The newest release of the version, as it was judged and decided."""

    release: Release
    checks: GateReport | None
    """None before the checks."""
    approvals: tuple[Approval, ...]
    smoke: tuple[Mapping[str, Any], ...]
    profile: Mapping[str, Any]
    against: AgainstProduction | None
    """What changed against production when the evidence was sealed."""
    changes: CheckedChanges | None
    """What the checks found to be answered otherwise than in production."""


@dataclass(frozen=True, slots=True)
class Gathered:
    project: str
    version: ModelVersion
    notes: tuple[Note, ...]
    card: ModelCard
    data: DataBias
    newest: ReleaseFacts | None
    """None for a version that was never released."""
    compared: Paired | None
    """With what was in production when it was released or, before that was looked at, when it was registered; None
    where nothing was there, and before a release also where the two share no row."""
    history: BiasHistory
    """Of the versions up to this one, and what of them had been in production when it was registered."""

    @property
    def answers(self) -> AnswerChanges | None:
        """Against production: as its checks found them, which let both answer all held-out rows of this version."""
        if self.newest is not None and self.newest.changes is not None:
            return self.newest.changes.changes
        return None if self.compared is None else self.compared.answers

    @property
    def is_compared_at_hand(self) -> bool:
        """Not by the checks of a release, but by what both had been evaluated on."""
        return self.compared is not None and (self.newest is None or self.newest.checks is None)

    @property
    def harm(self) -> str:
        """Whom it serves worse than what was in production; empty where nobody is, but for noise."""
        if self.compared is None:
            return ""
        names = version_name(self.version.id), version_name(self.compared.baseline)
        return harm_sentence(self.answers, candidate=names[0], baseline=names[1], is_for_everybody=True)


def gather(workspace: Workspace, name: str) -> Gathered:
    """`name` is `v7` or `latest`. Raises `NotFound`, and `Damaged` where fields cannot be read."""
    found = version_state(workspace, name)
    if found.damage is not None:
        raise found.damage
    with as_recorded(version_name(found.version.id)):
        newest, baseline = _facts(workspace, found.releases[0]) if found.releases else (None, None)
        return Gathered(
            project=workspace.project_name,
            version=found.version,
            notes=found.notes,
            card=try_card(workspace, found.version)[0],
            data=data_bias_of(found.version),
            newest=newest,
            compared=_beside(workspace, found.version, newest, baseline),
            history=_history(workspace, found.version, _goal(newest)),
        )


def _goal(newest: ReleaseFacts | None) -> str:
    return "production" if newest is None else newest.release.environment


def _history(workspace: Workspace, version: ModelVersion, goal: str) -> BiasHistory:
    return bias_history(workspace, environment=goal, until=version.id, at=version.created_at, limit=MOST_VERSIONS)


def _compared(workspace: Workspace, version: ModelVersion, baseline: int | None) -> Paired | None:
    if baseline is None:
        return None
    other = version_as_far_as_read(workspace, version_name(baseline))[0]
    return paired(workspace.store, version, other, least_harm=least_harm(workspace))


def _beside(
    workspace: Workspace, version: ModelVersion, newest: ReleaseFacts | None, baseline: int | None
) -> Paired | None:
    is_looked_at = baseline is not None or (newest is not None and newest.checks is not None)
    return _compared(workspace, version, baseline) if is_looked_at else _at_hand(workspace, version, _goal(newest))


def _at_hand(workspace: Workspace, version: ModelVersion, goal: str) -> Paired | None:
    """With what was in production when it was registered, by the rows that both were evaluated on then."""
    known = deployments.of_environment(workspace.registry.read(), goal)
    live = next((each.version_id for each in known if _was_live(each, version.created_at)), None)
    found = None if live == version.id else _compared(workspace, version, live)
    return found if found is not None and found.rows else None


def _was_live(each: Deployment, at: datetime) -> bool:
    return each.live_from is not None and each.live_from <= at and (each.live_until is None or each.live_until > at)


def _facts(workspace: Workspace, release: Release) -> tuple[ReleaseFacts, int | None]:
    """With the version that was in production then."""
    detail = release_state(workspace, f"r{release.id}")
    data = {stage.name: stage.data for stage in detail.stages}
    checks = data.get("checks") or {}
    sealed, changes = try_sealed_evidence(workspace, release), checked_changes(detail.stages)
    before = changes.production if changes is not None else (sealed.get("in_production") or {}).get("version")
    facts = ReleaseFacts(
        release=detail.release,
        checks=GateReport.from_json(checks) if "checks" in checks else None,
        approvals=detail.approvals,
        smoke=tuple((data.get("smoke") or {}).get("answers", ())),
        profile=data.get("profile") or {},
        against=sealed_against(sealed),
        changes=changes,
    )
    return facts, before
