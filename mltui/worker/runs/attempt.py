"""One try of one container: started or taken up, watched to its end, its outputs stored."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mltui.domain.run import StepAttempt, WorkState
from mltui.engines.base import State, Status
from mltui.registry import Connection, cache, steps
from mltui.worker.journal import JobCancelled
from mltui.worker.runs.logs import LOG_FILE, LogCopy, last_words
from mltui.worker.runs.step_work import StepWork, lay_out, spec_of

LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class End:
    """How a container ended."""

    status: Status
    is_late: bool
    """Whether it was stopped because its time was up."""


def carry_attempt(work: StepWork, attempt: StepAttempt) -> StepAttempt:
    """From wherever it stands to its end."""
    if not attempt.state.is_over:
        begun = _start(work, attempt) if attempt.state is WorkState.QUEUED else attempt
        attempt = _finish(work, begun, _await_end(work, begun))
    work.engine.remove(attempt.container_name)
    return attempt


def _start(work: StepWork, attempt: StepAttempt) -> StepAttempt:
    """Takes up the container that bears the name, if a worker that died had started it already."""

    def act() -> Mapping[str, Any]:
        if work.engine.status(attempt.container_name).state is State.ABSENT:
            lay_out(work, attempt.attempt)
        started = work.engine.start(spec_of(work, attempt.attempt, attempt.image_id))
        work.journal.on_boundary(f"{_label(attempt)} begun")
        return {"container": started.container_id, "image": attempt.image_id}

    def commit(tx: Connection, data: Mapping[str, Any]) -> None:
        steps.save(tx, replace(begun, container_id=data["container"]))
        run = str(work.run.id)
        work.journal.event(tx, "StepStarted", run, run=run, step=attempt.step, attempt=attempt.attempt, **data)

    begun = replace(attempt, state=WorkState.RUNNING, started_at=work.workspace.now())
    data = work.journal.once(f"{_label(attempt)} started", act, commit=commit)
    return replace(begun, container_id=data["container"])


def _await_end(work: StepWork, begun: StepAttempt) -> End:
    """Copies its log on the way; ends it when the job is cancelled or its time is up, whoever watched it before."""
    name = begun.container_name
    with LogCopy(work.engine, name, work.folder(begun.attempt) / LOG_FILE):
        deadline = time.monotonic() + _seconds_left(work, begun)
        while True:
            status = work.engine.wait(name, timeout_seconds=LOOK_SECONDS)
            if status.state not in (State.RUNNING, State.CREATED):
                return End(status, is_late=False)
            try:
                work.journal.check_cancelled()
            except JobCancelled:
                work.engine.stop(name)
                raise
            if time.monotonic() > deadline:
                return End(work.engine.stop(name), is_late=True)


def _seconds_left(work: StepWork, begun: StepAttempt) -> float:
    since = begun.started_at or work.workspace.now()
    return work.declaration.limits.seconds - (work.workspace.now() - since).total_seconds()


def _finish(work: StepWork, begun: StepAttempt, end: End) -> StepAttempt:
    def commit(tx: Connection, data: Mapping[str, Any]) -> None:
        steps.save(tx, _ended(work, begun, data))
        if not data["failure"]:
            now, outputs = work.workspace.now(), data["outputs"]
            cache.add(tx, key=begun.cache_key, run_id=work.run.id, step=begun.step, outputs=outputs, at=now)
        _say_ended(tx, work, begun, data)

    data = work.journal.once(f"{_label(begun)} ended", lambda: _findings(work, begun, end), commit=commit)
    return _ended(work, begun, data)


def _findings(work: StepWork, begun: StepAttempt, end: End) -> Mapping[str, Any]:
    failure = _failure(work, begun, end)
    outputs = {} if failure else _take_outputs(work, begun.attempt)
    missing = [] if failure else [name for name in work.plan.outputs if name not in outputs]
    if missing:
        failure = f"it left no {', '.join(missing)} in its outputs"
    work.journal.on_boundary(f"{_label(begun)} stored")
    return {
        "failure": failure,
        "outputs": outputs,
        "exit_code": None if end.is_late else end.status.exit_code,
        "oom_killed": end.status.is_oom_killed,
        "peak_memory_bytes": end.status.peak_memory_bytes,
    }


def _say_ended(tx: Connection, work: StepWork, begun: StepAttempt, data: Mapping[str, Any]) -> None:
    run = str(work.run.id)
    facts = {
        "run": run,
        "step": begun.step,
        "attempt": begun.attempt,
        "container": begun.container_id,
        "image": begun.image_id,
        "exit_code": data["exit_code"],
    }
    if data["failure"]:
        work.journal.event(tx, "StepFailed", run, reason=data["failure"], **facts)
    else:
        work.journal.event(tx, "StepSucceeded", run, outputs=dict(data["outputs"]), **facts)


def _ended(work: StepWork, begun: StepAttempt, data: Mapping[str, Any]) -> StepAttempt:
    return replace(
        begun,
        state=WorkState.FAILED if data["failure"] else WorkState.SUCCEEDED,
        exit_code=data["exit_code"],
        is_oom_killed=data["oom_killed"],
        peak_memory_bytes=data["peak_memory_bytes"],
        ended_at=work.workspace.now(),
        failure=data["failure"] or None,
        outputs=data["outputs"],
    )


def _failure(work: StepWork, begun: StepAttempt, end: End) -> str:
    """Why it failed; empty for a success. An outcome that cannot be known is a failure."""
    limits = work.declaration.limits
    if end.is_late:
        return f"it did not end within {limits.seconds:g} s"
    if end.status.has_succeeded:
        return ""
    if end.status.is_oom_killed:
        return f"it was killed for memory (limit {limits.memory}): raise steps.{begun.step}.limits.memory"
    if end.status.state is State.ABSENT:
        return "its container is gone, so its outcome cannot be known"
    if end.status.exit_code is None:
        return "it was ended from outside, so its outcome cannot be known"
    folder = work.folder(begun.attempt)
    last = last_words(folder / LOG_FILE)
    return _own_words(folder) or f"it ended with status {end.status.exit_code}{f': {last}' if last else ''}"


def _own_words(folder: Path) -> str:
    try:
        said = json.loads((folder / "out" / "error.json").read_text("utf-8"))
        return f"{said['message']} ({said['hint']})" if said.get("hint") else str(said["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _take_outputs(work: StepWork, attempt: int) -> dict[str, str]:
    out = work.folder(attempt) / "out"
    names = (*work.plan.outputs, *work.plan.optional_outputs)
    return {name: work.workspace.store.take_tree(out / name) for name in names if (out / name).is_dir()}


def _label(attempt: StepAttempt) -> str:
    return f"{attempt.step}.{attempt.attempt}"
