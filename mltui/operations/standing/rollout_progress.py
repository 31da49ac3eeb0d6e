"""Where releases stand in their steps. Reads only."""

from __future__ import annotations

from collections.abc import Iterable

from mltui.domain.event import Event
from mltui.domain.release import Stage
from mltui.domain.rollout import StepProgress
from mltui.domain.run import WorkState
from mltui.registry import Connection, events

ROLLOUT = "rollout"
"""In what a stage found: its `StepProgress`."""
CONTINUED = "TrafficStepContinued"


def progress_of(stages: Iterable[Stage]) -> tuple[str, StepProgress] | None:
    """Stage and progress of a release that goes up in steps right now; None for every other."""
    for stage in stages:
        if stage.state is WorkState.RUNNING and ROLLOUT in stage.data:
            return stage.name, StepProgress.from_json(stage.data[ROLLOUT])
    return None


def answer_of(conn: Connection, release: str, *, stage: str, step: int) -> Event | None:
    """Of the person who let it go on at this step; None before somebody did."""
    found = events.list_events(conn, kind=CONTINUED, subject=release, limit=100, newest_first=True)
    return next((each for each in found if (each.data.get("stage"), each.data.get("step")) == (stage, step)), None)
