"""What a release changes against what is in production, as it is sealed with its evidence. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mltui.domain.version import ModelVersion
from mltui.operations.versions.differing import Differing, differing, flat
from mltui.operations.versions.row_changes import RowChanges, row_changes
from mltui.operations.versions.sealed_values import sealed_value
from mltui.operations.versions.tree_changes import CodeChanges, code_changes
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AgainstProduction:
    version: int
    """What was in production when the evidence was sealed."""
    code: CodeChanges
    data: RowChanges
    parameters: tuple[Differing, ...]
    environment: tuple[Differing, ...]
    images: tuple[Differing, ...]

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def against_production(workspace: Workspace, candidate: ModelVersion, production: ModelVersion) -> AgainstProduction:
    """What the store lost is a sentence in it."""
    return AgainstProduction(
        version=production.id,
        code=code_changes(workspace.store, production.source, candidate.source),
        data=row_changes(workspace.registry.read(), workspace.store, production, candidate),
        parameters=differing(dict(flat(candidate.parameters)), dict(flat(production.parameters))),
        environment=differing(candidate.environment, production.environment),
        images=differing(candidate.images, production.images),
    )


def sealed_against(evidence: Mapping[str, Any]) -> AgainstProduction | None:
    """What the evidence of a release holds; None where nothing was in production, or none is sealed yet."""
    return sealed_value(evidence.get("against_production"), AgainstProduction, of="the sealed evidence")
