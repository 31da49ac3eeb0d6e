"""All that a report tells of a version. No clock: it gives the same report until people add something to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mltui.domain.checks import GateReport
from mltui.domain.data_bias import DataBias
from mltui.domain.model_card import ModelCard
from mltui.domain.names import version_name
from mltui.domain.release import Approval, Release
from mltui.domain.version import ModelVersion, Note
from mltui.operations.against_production import AgainstProduction, sealed_against
from mltui.operations.model_card import try_card
from mltui.operations.report.recorded import as_recorded
from mltui.operations.seal import try_sealed_evidence
from mltui.operations.state import release_state, version_state
from mltui.workspace import Workspace


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


@dataclass(frozen=True, slots=True)
class Gathered:
    project: str
    version: ModelVersion
    notes: tuple[Note, ...]
    card: ModelCard
    data: DataBias
    newest: ReleaseFacts | None
    """None for a version that was never released."""


def gather(workspace: Workspace, name: str) -> Gathered:
    """`name` is `v7` or `latest`. Raises `NotFound`, and `Damaged` where fields cannot be read."""
    found = version_state(workspace, name)
    if found.damage is not None:
        raise found.damage
    with as_recorded(version_name(found.version.id)):
        return Gathered(
            project=workspace.project_name,
            version=found.version,
            notes=found.notes,
            card=try_card(workspace, found.version)[0],
            data=DataBias.from_report(found.version.data_report),
            newest=_facts(workspace, found.releases[0]) if found.releases else None,
        )


def _facts(workspace: Workspace, release: Release) -> ReleaseFacts:
    detail = release_state(workspace, f"r{release.id}")
    data = {stage.name: stage.data for stage in detail.stages}
    checks = data.get("checks") or {}
    return ReleaseFacts(
        release=detail.release,
        checks=GateReport.from_json(checks) if "checks" in checks else None,
        approvals=detail.approvals,
        smoke=tuple((data.get("smoke") or {}).get("answers", ())),
        profile=data.get("profile") or {},
        against=sealed_against(try_sealed_evidence(workspace, release)),
    )
