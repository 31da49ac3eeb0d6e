"""A version's bias breakdown: what was sealed with it, and intersections that were too large for that. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from mltui.analysis.groups import breakdown
from mltui.domain.groups import crossed
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.operations.standing.state import version_as_far_as_read
from mltui.operations.versions.evaluations import table_at_hand
from mltui.registry import versions
from mltui.workspace import Workspace

Figures = tuple[GroupFigure, ...]


@dataclass(frozen=True, slots=True)
class VersionBias:
    version: ModelVersion
    by_attribute: Mapping[str, Figures]
    """As they were sealed with the version, in their order."""
    more: tuple[str, ...]
    """Pairs of attributes of which no figures are sealed; `figures_by` makes them."""
    problem: str = ""
    """What of it is damaged."""

    @property
    def attributes(self) -> tuple[str, ...]:
        return (*self.by_attribute, *self.more)


def version_bias(workspace: Workspace, name: str) -> VersionBias:
    """`name` is `v7` or `latest`. Raises `NotFound`."""
    version, lost = version_as_far_as_read(workspace, name)
    found: dict[str, list[GroupFigure]] = {}
    for each in version.groups:
        found.setdefault(each.attribute, []).append(each)
    singles = dict.fromkeys(next(iter(each.slice)) for each in version.groups if len(each.slice) == 1)
    pairs = [crossed(pair) for pair in combinations(singles, 2)]
    return VersionBias(
        version,
        {attribute: tuple(figures) for attribute, figures in found.items()},
        tuple(pair for pair in pairs if pair not in found),
        versions.damage(version.id, lost).message if "groups" in lost else "",
    )


def figures_by(workspace: Workspace, bias: VersionBias, attribute: str) -> Figures:
    """Of an attribute or an intersection, sealed or not. Raises `UsageError`, `NotFound`, `Damaged`."""
    if attribute in bias.by_attribute:
        return bias.by_attribute[attribute]
    return breakdown(table_at_hand(workspace.store, bias.version), attributes=[attribute])
