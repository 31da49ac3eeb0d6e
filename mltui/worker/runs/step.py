"""Carries one step of a run out: image, cache, attempts; each journaled, each taken up again after a crash."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mltui.domain.pipeline import cache_key
from mltui.domain.run import StepAttempt, WorkState
from mltui.errors import WorkFailed
from mltui.registry import Connection, cache, steps
from mltui.worker.runs.attempt import carry_attempt
from mltui.worker.runs.step_work import StepWork, argv_of, declared_environment, recipe_of


def carry_step(work: StepWork) -> StepAttempt:
    """The attempt that succeeded, or the run whose outputs were taken; raises `WorkFailed` when no attempt does."""
    work.journal.check_cancelled()
    known = _known_attempts(work)
    succeeded = next((each for each in known.values() if each.state is WorkState.SUCCEEDED), None)
    if succeeded is not None:
        return _without_container(work, succeeded)
    image = _image(work)
    key = cache_key(
        image=image["key"],
        argv=argv_of(work),
        env=declared_environment(work),
        parameters=work.parameters,
        inputs=work.inputs,
        outputs=work.plan.outputs,
    )
    cached = None if known else _take_from_cache(work, key, image["id"])
    if cached is not None:
        return _without_container(work, cached)
    for attempt in range(1, work.declaration.retries + 2):
        outcome = carry_attempt(work, known.get(attempt) or _new_attempt(work, attempt, image["id"], key))
        if outcome.state is WorkState.SUCCEEDED:
            return outcome
    raise WorkFailed(
        f"step {work.plan.name} failed: {outcome.failure}", hint=f"mltui run logs {work.run.id}", code="step_failed"
    )


def _image(work: StepWork) -> Mapping[str, Any]:
    recipe = recipe_of(work)

    def build() -> Mapping[str, Any]:
        began = time.monotonic()
        is_there = work.engine.find_image(recipe) is not None
        with _build_log(work).open("a", encoding="utf-8", errors="replace") as log:
            image = work.engine.build(recipe, on_line=lambda line: print(line, file=log, flush=True))
        seconds = None if is_there else str(round(time.monotonic() - began, 1))
        return {"id": image, "key": work.engine.image_key(recipe), "seconds": seconds}

    def commit(tx: Connection, data: Mapping[str, Any]) -> None:
        if data["seconds"] is None:
            return
        work.journal.event(
            tx,
            "ImageBuilt",
            str(work.run.id),
            run=str(work.run.id),
            step=work.plan.name,
            image=data["id"],
            key=data["key"],
            seconds=data["seconds"],
        )

    return work.journal.once(f"{work.plan.name} image", build, commit=commit)


def _take_from_cache(work: StepWork, key: str, image_id: str) -> StepAttempt | None:
    found = cache.find(work.workspace.registry.read(), key)
    if (
        found is None
        or found.run_id == work.run.id
        or not all(work.workspace.store.has(tree) for tree in found.outputs.values())
    ):
        return None
    now = work.workspace.now()
    attempt = StepAttempt(
        run_id=work.run.id,
        step=work.plan.name,
        attempt=1,
        state=WorkState.SUCCEEDED,
        image_id=image_id,
        cache_key=key,
        cached_from=found.run_id,
        started_at=now,
        ended_at=now,
        outputs=found.outputs,
    )

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        steps.save(tx, attempt)
        run = str(work.run.id)
        work.journal.event(tx, "StepCached", run, run=run, step=work.plan.name, cached_from=str(found.run_id), key=key)

    work.journal.note(f"{work.plan.name} cached", commit)
    return attempt


def _known_attempts(work: StepWork) -> dict[int, StepAttempt]:
    """By number: what earlier workers began, some of it not over."""
    found = steps.of_run(work.workspace.registry.read(), work.run.id)
    return {each.attempt: each for each in found if each.step == work.plan.name}


def _without_container(work: StepWork, attempt: StepAttempt) -> StepAttempt:
    """A worker that died may have left one behind."""
    work.engine.remove(work.container(attempt.attempt))
    return attempt


def _new_attempt(work: StepWork, attempt: int, image_id: str, key: str) -> StepAttempt:
    return StepAttempt(
        run_id=work.run.id,
        step=work.plan.name,
        attempt=attempt,
        state=WorkState.QUEUED,
        container_name=work.container(attempt),
        image_id=image_id,
        cache_key=key,
    )


def _build_log(work: StepWork) -> Path:
    folder = work.workspace.run_folder(work.run.id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{work.plan.name}.build.log"
