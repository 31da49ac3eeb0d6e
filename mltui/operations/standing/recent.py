"""What happened lately, for the first screen: a metric over versions, the smokes of what answers, the last events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mltui.domain.event import Event
from mltui.operations.standing.browse import main_metric
from mltui.operations.standing.sound import sound_rows, told
from mltui.registry import Connection, events, smokes
from mltui.registry.smokes import Smoke
from mltui.registry.version_facts import list_facts
from mltui.workspace import Workspace

MOST_VERSIONS = 60
MOST_EVENTS = 12

TOLD_KINDS = (
    "VersionRegistered", "RunFailed", "VersionApproved", "VersionRejected", "ReleaseSucceeded", "ReleaseFailed",
    "ReleaseCancelled", "ReleaseExpired", "VersionWithdrawn", "RollbackUndone", "EnvironmentStopped",
    "EnvironmentStarted", "SmokeFailed", "SmokeRecovered",
)  # fmt: skip
"""Kinds of events that matter to an operator who comes back."""


@dataclass(frozen=True, slots=True)
class Recent:
    at: datetime
    metric: str
    """That a list of versions shows for the newest one's task; empty without versions."""
    over_versions: tuple[tuple[int, float | None], ...]
    """Id and metric of the last `MOST_VERSIONS` versions, the oldest first."""
    environment: str
    """Whose smokes these are."""
    smokes: tuple[Smoke, ...]
    """The oldest first; only those that the registry keeps."""
    events: tuple[Event, ...]
    """The newest first."""
    problems: tuple[str, ...] = ()
    """A sentence for each damaged row that is left out here."""


def recent(workspace: Workspace, environments: Sequence[str]) -> Recent:
    """`environments`: the one that matters most first; the smokes are of the first that has any."""
    conn, problems = workspace.registry.read(), list[str]()
    newest_first = sound_rows(
        lambda limit, at: list_facts(conn, limit=limit, offset=at), limit=MOST_VERSIONS, problems=problems
    )
    metric = main_metric(newest_first[0].task) if newest_first else ""
    smoked: tuple[Smoke, ...] = told(lambda: _first_smoked(conn, environments), (), problems=problems)
    return Recent(
        at=workspace.now(),
        metric=metric,
        over_versions=tuple((each.id, each.metrics.get(metric)) for each in reversed(newest_first)),
        environment=smoked[0].environment if smoked else "",
        smokes=smoked,
        events=told(lambda: _happened(conn), (), problems=problems),
        problems=tuple(problems),
    )


def _first_smoked(conn: Connection, environments: Sequence[str]) -> tuple[Smoke, ...]:
    return next((tuple(found) for name in environments if (found := smokes.of_environment(conn, name))), ())


def _happened(conn: Connection) -> tuple[Event, ...]:
    return tuple(events.newest_of_kinds(conn, TOLD_KINDS, limit=MOST_EVENTS))
