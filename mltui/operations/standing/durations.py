"""How long things usually take: medians of the past ones that were done to their end, nothing from the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import TypeVar

from mltui.domain.release import Stage
from mltui.domain.run import StepAttempt, WorkState
from mltui.operations.standing.sound import told
from mltui.registry import Connection, events, releases, runs, stages, steps
from mltui.workspace import Workspace

Found = TypeVar("Found")

LAST = 20
"""How many of each are taken."""
LOOKED_AT = 100
"""Newest runs, releases, builds among which they are looked for."""


@dataclass(frozen=True, slots=True)
class UsualSeconds:
    """Medians; what never happened is not there."""

    steps: Mapping[str, float]
    """Step → its container's time."""
    images: Mapping[str, float]
    """Step → the build of its image, where one was built."""
    run: float | None
    """From its start to the version that it registered."""
    stages: Mapping[str, float]
    """Stage of a release → its time; of approval the time until the decision."""


def usual_seconds(workspace: Workspace) -> UsualSeconds:
    """Of the last 20 of each; a damaged row among them leaves its kind untold."""
    conn = workspace.registry.read()
    attempts = _sound(lambda: _attempts(conn))
    passed = _sound(lambda: _passed(conn))
    ended = _sound(lambda: runs.list_runs(conn, state=WorkState.SUCCEEDED, limit=LOOKED_AT))
    built = _sound(lambda: events.list_events(conn, kind="ImageBuilt", limit=LOOKED_AT, newest_first=True))
    whole = medians(("run", _between(run.started_at, run.ended_at)) for run in ended if run.version_id is not None)
    return UsualSeconds(
        steps=medians((each.step, _between(each.started_at, each.ended_at)) for each in attempts),
        images=medians((str(each.data.get("step")), _number(each.data.get("seconds"))) for each in built),
        run=whole.get("run"),
        stages=medians((each.name, _between(each.started_at, each.ended_at)) for each in passed),
    )


def _attempts(conn: Connection) -> list[StepAttempt]:
    newest = runs.latest(conn)
    return [] if newest is None else steps.succeeded_since(conn, newest.id - LOOKED_AT)


def _passed(conn: Connection) -> list[Stage]:
    newest = releases.latest(conn)
    return [] if newest is None else stages.succeeded_since(conn, newest.id - LOOKED_AT)


def _sound(read: Callable[[], list[Found]]) -> list[Found]:
    return told(read, [], problems=[])


def medians(durations: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """Of the first 20 of each name; None counts as not there."""
    found: dict[str, list[float]] = {}
    for name, seconds in durations:
        if seconds is not None and len(found.setdefault(name, [])) < LAST:
            found[name].append(seconds)
    return {name: median(values) for name, values in found.items() if values}


def _between(start: datetime | None, end: datetime | None) -> float | None:
    """None for what has no such span, and where the clock went back."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()


def _number(text: object) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None
