"""Tells everybody where a release stands in its steps, and hears what a person says to one that waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mltui.domain.rollout import StepProgress
from mltui.operations.standing.rollout_progress import ROLLOUT, answer_of
from mltui.registry import Connection
from mltui.worker.releases import deciding
from mltui.worker.releases.release_work import ReleaseWork


def show(work: ReleaseWork, stage: str, progress: StepProgress) -> None:
    """Keeps it with the stage, unless it stands there already."""
    found, kept = msgspec.to_builtins(progress), work.found(stage)
    if kept.get(ROLLOUT) != found:
        deciding.keep_found(work, stage, {**kept, ROLLOUT: found})


def say(work: ReleaseWork, entry: str, kind: str, progress: StepProgress) -> None:
    """An event about the step, together with its entry in the journal."""

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        tell(tx, work, kind, progress)

    work.journal.note(entry, commit)


def tell(tx: Connection, work: ReleaseWork, kind: str, progress: StepProgress) -> None:
    said: dict[str, Any] = {"step": progress.step, "steps": len(progress.steps), "percent": progress.percent}
    names = {"release": work.name, "version": work.version_name, "environment": work.goal}
    work.journal.event(tx, kind, work.name, **names, **said, sentence=progress.sentence)


def who_says_go_on(work: ReleaseWork, *, stage: str, step: int) -> str | None:
    """The person who let the release go on at this step; None before somebody did."""
    event = answer_of(work.workspace.registry.read(), work.name, stage=stage, step=step)
    return None if event is None else str(event.data.get("person") or event.actor)
