"""How a metric of the group that is worst off went over the versions, and which of them were in production. Reads only.

Each version's figure is of its own held-out rows: where the data changed in between, so did the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mltui.domain.deployment import Deployment
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import most_telling, worst_first
from mltui.operations.standing.sound import sound_rows
from mltui.registry import deployments, versions
from mltui.registry.versions import VersionGroups
from mltui.workspace import Workspace

Standing = Literal["live", "before", "never"]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    version: int
    registered_at: datetime
    standing: Standing
    """live: it answered in the environment at that time; before: it had answered there until then."""
    worst: GroupFigure | None
    """Of the groups with rows enough; None where there is none."""
    overall: float | None
    """Of all rows together."""
    has_new_data: bool
    """Other than the version before it; so its rows are others, too."""


@dataclass(frozen=True, slots=True)
class BiasHistory:
    environment: str
    versions: tuple[VersionGroups, ...]
    """The oldest first."""
    standings: tuple[Standing, ...]
    """Of each of them."""
    problems: tuple[str, ...] = ()
    """A sentence for each damaged version that is left out here."""

    def trend(self, attribute: str, metric: str) -> tuple[TrendPoint, ...]:
        """Of an attribute or an intersection; versions before the first that has such a figure are left out."""
        before = (None, *self.versions)
        points = [
            TrendPoint(
                each.id,
                each.created_at,
                standing,
                _worst(each.groups, attribute, metric),
                each.metrics.get(metric),
                has_new_data=last is not None and last.data != each.data,
            )
            for last, each, standing in zip(before, self.versions, self.standings, strict=False)
        ]
        first = next((place for place, each in enumerate(points) if each.worst is not None), len(points))
        return tuple(points[first:])

    @property
    def most_telling(self) -> tuple[str, str] | None:
        """Attribute and metric of the figure that is worst in the newest version; None without groups."""
        newest = self.versions[-1].groups if self.versions else ()
        found = most_telling(each for each in newest if len(each.slice) == 1)
        return None if found is None else (found.attribute, found.metric)


def bias_history(
    workspace: Workspace,
    *,
    environment: str = "production",
    until: int | None = None,
    at: datetime | None = None,
    limit: int = 20,
) -> BiasHistory:
    """Of the last versions up to `until`, and as they stood at that time: now, unless it is named."""
    conn, problems = workspace.registry.read(), list[str]()
    found = sound_rows(
        lambda count, offset: versions.groups_of(conn, until=until, limit=count, offset=offset),
        limit=limit,
        problems=problems,
    )
    then, known = at or workspace.now(), deployments.of_environment(conn, environment)
    oldest_first = tuple(reversed(found))
    standings = tuple(_standing(each.id, known, then) for each in oldest_first)
    return BiasHistory(environment, oldest_first, standings, tuple(problems))


def _standing(version: int, known: Sequence[Deployment], at: datetime) -> Standing:
    own = [each for each in known if each.version_id == version and each.live_from is not None]
    begun = [each for each in own if each.live_from is not None and each.live_from <= at]
    if any(each.live_until is None or each.live_until > at for each in begun):
        return "live"
    return "before" if begun else "never"


def _worst(figures: Sequence[GroupFigure], attribute: str, metric: str) -> GroupFigure | None:
    told = (each for each in figures if (each.attribute, each.metric) == (attribute, metric))
    return next(iter(worst_first(each for each in told if each.value is not None and each.verdict != "too few")), None)
