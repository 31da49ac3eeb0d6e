"""Carries one step of a run out: image, cache, container, outputs; each attempt is taken up again after a crash."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mltui.domain.pipeline import StepPlan, cache_key, parameters_for
from mltui.domain.project import Project, StepDeclaration
from mltui.domain.run import Run, StepAttempt, WorkState
from mltui.engines.base import LABEL_WORKSPACE, ContainerSpec, Engine, ImageRecipe, Limits, Mount, Status
from mltui.errors import WorkFailed
from mltui.registry import Connection, cache, steps
from mltui.worker import images
from mltui.worker.journal import JobCancelled, Journal
from mltui.worker.logs import LogCopy
from mltui.workspace import Workspace

OWN_LIMITS = StepDeclaration(limits=StepDeclaration().limits)
"""Limits of the steps that a project does not declare."""
_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}


@dataclass(frozen=True)
class StepWork:
    """One step of one run, with the digests of what goes in."""

    journal: Journal
    run: Run
    project: Project
    source: Path
    plan: StepPlan
    inputs: Mapping[str, str]

    @property
    def workspace(self) -> Workspace:
        return self.journal.workspace

    @property
    def engine(self) -> Engine:
        return self.workspace.engine(self.run.engine)

    @property
    def declaration(self) -> StepDeclaration:
        return self.project.steps.get(self.plan.name, OWN_LIMITS)

    @property
    def parameters(self) -> Mapping[str, Any]:
        return parameters_for(self.plan.name, self.project, excluded=self.excluded)

    @property
    def excluded(self) -> tuple[str, ...]:
        """SHA-256 of the smoke pictures, which belong in no split."""
        source = {entry.path: entry.sha256 for entry in self.workspace.store.tree(self.run.source).entries}
        return tuple(
            source[case.input]
            for case in self.project.smoke.cases
            if isinstance(case.input, str) and case.input in source
        )

    def folder(self, attempt: int) -> Path:
        return self.workspace.run_folder(self.run.id) / f"{self.plan.name}.{attempt}"

    def container(self, attempt: int) -> str:
        return self.workspace.container_name(f"run-{self.run.id}-{self.plan.name}.{attempt}")


def carry_step(work: StepWork) -> StepAttempt:
    """The attempt that succeeded, or the run whose outputs were taken; raises `WorkFailed` when no attempt does."""
    work.journal.check_cancelled()
    image = _image(work)
    key = cache_key(
        image=image["key"],
        argv=_argv(work),
        env=_declared_environment(work),
        parameters=work.parameters,
        inputs=work.inputs,
        outputs=work.plan.outputs,
    )
    cached = _take_from_cache(work, key, image["id"])
    if cached is not None:
        return cached
    for attempt in range(1, work.declaration.retries + 2):
        outcome = _attempt(work, attempt, image["id"], key)
        if outcome.state is WorkState.SUCCEEDED:
            return outcome
    raise WorkFailed(
        f"step {work.plan.name} failed: {outcome.failure}", hint=f"mltui run logs {work.run.id}", code="step_failed"
    )


def _image(work: StepWork) -> Mapping[str, Any]:
    recipe = _recipe(work)

    def build() -> Mapping[str, Any]:
        began = time.monotonic()
        found = work.engine.find_image(recipe)
        if found is None:
            with _build_log(work).open("a", encoding="utf-8", errors="replace") as log:
                found = work.engine.build(recipe, on_line=lambda line: print(line, file=log, flush=True))
        return {"id": found, "key": work.engine.image_key(recipe), "seconds": str(round(time.monotonic() - began, 1))}

    def commit(tx: Connection, data: Mapping[str, Any]) -> None:
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


def _recipe(work: StepWork) -> ImageRecipe:
    declaration, base = work.declaration, work.project.base_image
    if declaration.dockerfile is not None:
        dockerfile = work.source / declaration.dockerfile
        if not dockerfile.is_file():
            raise WorkFailed(
                f"steps.{work.plan.name}.dockerfile: {declaration.dockerfile} is not in the commit", hint="commit it"
            )
        return images.project_recipe(
            work.plan.name, dockerfile=dockerfile, base_image=base, workspace_uuid=work.workspace.uuid
        )
    return images.step_recipe(
        work.plan.name, template=declaration.template, base_image=base, workspace_uuid=work.workspace.uuid
    )


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


def _attempt(work: StepWork, attempt: int, image_id: str, key: str) -> StepAttempt:
    known = next(
        (
            each
            for each in steps.of_run(work.workspace.registry.read(), work.run.id)
            if each.step == work.plan.name and each.attempt == attempt
        ),
        None,
    )
    if known is not None and known.state.is_over:
        return known
    _lay_out(work, attempt)
    begun = _start(work, attempt, image_id, key)
    status = _await_end(work, attempt)
    ended = _finish(work, begun, status)
    work.engine.remove(work.container(attempt))
    return ended


def _lay_out(work: StepWork, attempt: int) -> None:
    folder = work.folder(attempt)
    for name in ("in", "out"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    checkpoint = work.workspace.run_folder(work.run.id) / f"{work.plan.name}.checkpoint"
    checkpoint.mkdir(exist_ok=True)
    for name, tree in work.inputs.items():
        work.workspace.store.materialize(tree, folder / "in" / name)
    (folder / "params.json").write_text(json.dumps(work.parameters, indent=1, sort_keys=True), "utf-8")
    (folder / "params.json").chmod(0o644)


def _start(work: StepWork, attempt: int, image_id: str, key: str) -> StepAttempt:
    begun = StepAttempt(
        run_id=work.run.id,
        step=work.plan.name,
        attempt=attempt,
        state=WorkState.RUNNING,
        container_name=work.container(attempt),
        image_id=image_id,
        cache_key=key,
        started_at=work.workspace.now(),
    )

    def commit(tx: Connection, data: Mapping[str, Any]) -> None:
        steps.save(tx, replace(begun, container_id=data["container"]))
        run = str(work.run.id)
        work.journal.event(tx, "StepStarted", run, run=run, step=work.plan.name, attempt=attempt, **data)

    data = work.journal.once(
        f"{work.plan.name}.{attempt} started",
        lambda: {"container": work.engine.start(_spec(work, attempt, image_id)).container_id, "image": image_id},
        commit=commit,
    )
    return replace(begun, container_id=data["container"])


def _spec(work: StepWork, attempt: int, image_id: str) -> ContainerSpec:
    folder, limits = work.folder(attempt), work.declaration.limits
    is_own_code_without_image = work.declaration.dockerfile is not None and work.run.engine == "process"
    context = (work.source / (work.declaration.dockerfile or "")).parent
    return ContainerSpec(
        name=work.container(attempt),
        image=image_id,
        argv=_argv(work),
        env={
            **_declared_environment(work),
            "MLTUI_IN": "/mltui/in",
            "MLTUI_OUT": "/mltui/out",
            "MLTUI_PARAMS": "/mltui/params.json",
            "MLTUI_CHECKPOINT": "/mltui/checkpoint",
        },
        mounts=(
            Mount(folder / "in", "/mltui/in"),
            Mount(folder / "out", "/mltui/out", is_read_only=False),
            Mount(folder / "params.json", "/mltui/params.json"),
            Mount(
                work.workspace.run_folder(work.run.id) / f"{work.plan.name}.checkpoint",
                "/mltui/checkpoint",
                is_read_only=False,
            ),
            *((Mount(context, "/mltui/project"),) if is_own_code_without_image else ()),
        ),
        workdir="/mltui/project" if is_own_code_without_image else None,
        limits=Limits(cpus=limits.cpu, memory_bytes=memory_bytes(limits.memory), gpus=limits.gpus),
        labels={LABEL_WORKSPACE: work.workspace.uuid, "mltui.run": str(work.run.id), "mltui.step": work.plan.name},
        network="bridge" if work.declaration.network else "none",
    )


def _await_end(work: StepWork, attempt: int) -> Status:
    """Until it has ended, its log copied on the way; ends it when the job is cancelled or its time is up."""
    name, limit = work.container(attempt), work.declaration.limits.seconds
    with LogCopy(work.engine, name, work.folder(attempt) / "log.jsonl"):
        deadline = time.monotonic() + limit
        while True:
            status = work.engine.wait(name, timeout_seconds=0.5)
            if status.state not in ("running", "created"):
                return status
            try:
                work.journal.check_cancelled()
            except JobCancelled:
                work.engine.stop(name)
                work.engine.remove(name)
                raise
            if time.monotonic() > deadline:
                work.engine.stop(name)
                return replace(work.engine.status(name), exit_code=None)


def _finish(work: StepWork, begun: StepAttempt, status: Status) -> StepAttempt:
    def take() -> Mapping[str, Any]:
        failure = _failure(work, begun.attempt, status)
        outputs = {} if failure else _take_outputs(work, begun.attempt)
        missing = [] if failure else [name for name in work.plan.outputs if name not in outputs]
        if missing:
            failure = f"it left no {', '.join(missing)} in its outputs"
        return {
            "failure": failure,
            "outputs": outputs,
            "exit_code": status.exit_code,
            "oom_killed": status.is_oom_killed,
            "peak_memory_bytes": status.peak_memory_bytes,
        }

    def commit(tx: Connection, data: Mapping[str, Any]) -> None:
        ended = _ended(work, begun, data)
        steps.save(tx, ended)
        facts = {
            "run": str(work.run.id),
            "step": work.plan.name,
            "container": begun.container_id,
            "image": begun.image_id,
            "exit_code": data["exit_code"],
        }
        if data["failure"]:
            work.journal.event(tx, "StepFailed", str(work.run.id), reason=data["failure"], **facts)
        else:
            cache.add(
                tx,
                key=begun.cache_key,
                run_id=work.run.id,
                step=work.plan.name,
                outputs=data["outputs"],
                at=work.workspace.now(),
            )
            work.journal.event(tx, "StepSucceeded", str(work.run.id), outputs=dict(data["outputs"]), **facts)

    data = work.journal.once(f"{work.plan.name}.{begun.attempt} ended", take, commit=commit)
    return _ended(work, begun, data)


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


def _failure(work: StepWork, attempt: int, status: Status) -> str:
    """Why it failed; empty for a success. An outcome that cannot be known is a failure."""
    if status.has_succeeded:
        return ""
    if status.is_oom_killed:
        limit = work.declaration.limits.memory
        return f"it was killed for memory (limit {limit}): raise steps.{work.plan.name}.limits.memory"
    if status.state == "absent":
        return "its container is gone, so its outcome cannot be known"
    if status.exit_code is None:
        return f"it did not end within {work.declaration.limits.seconds:g} s, or its outcome cannot be known"
    return _own_words(work.folder(attempt)) or f"it ended with status {status.exit_code}"


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


def _argv(work: StepWork) -> tuple[str, ...]:
    if work.declaration.run:
        return work.declaration.run
    return ("python", "-m", images.step_module(work.plan.name, work.declaration.template))


def _declared_environment(work: StepWork) -> dict[str, str]:
    return {"MLTUI_CPUS": str(max(1, int(work.declaration.limits.cpu)))}


def _build_log(work: StepWork) -> Path:
    folder = work.workspace.run_folder(work.run.id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{work.plan.name}.build.log"


def memory_bytes(text: str) -> int:
    """`4g` → 4294967296. Raises `WorkFailed` for what is no amount of memory."""
    number, unit = (text[:-1], text[-1:].lower()) if text[-1:].lower() in _UNITS else (text, "")
    try:
        return int(float(number) * _UNITS.get(unit, 1))
    except ValueError:
        raise WorkFailed(f"“{text}” is no amount of memory", hint="write for instance 512m or 4g") from None
