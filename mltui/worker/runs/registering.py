"""Registers what a run made: version, release and the end of the run in one transaction."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mltui.analysis.groups import breakdown
from mltui.analysis.metrics import confusion_matrix, figures
from mltui.analysis.table_file import read_evaluation
from mltui.config.reading import typed
from mltui.domain.names import data_name, release_name, version_name
from mltui.domain.pipeline import model_of, parameters_for
from mltui.domain.project import Project
from mltui.domain.run import Run, StepAttempt, WorkState
from mltui.domain.version import GroupFigure
from mltui.domain.way import first_stop
from mltui.errors import ConfigInvalid, WorkFailed
from mltui.operations.releases.open_release import add_release
from mltui.registry import Connection, releases, runs, versions
from mltui.store import Store
from mltui.worker.environments.smoking import CASES_FILE
from mltui.worker.journal import WORKER, Journal

EVALUATION_FILE = "evaluation.csv"


def register_version(
    journal: Journal, *, run: Run, project: Project, attempts: Mapping[str, StepAttempt]
) -> Mapping[str, str]:
    """Names of the version and its release; a run whose model and evaluation are a version's already registers none."""
    if _is_registered(journal, project, attempts):
        return _end_without_version(journal, run, attempts)
    environment = _goal(journal)

    def act() -> Mapping[str, Any]:
        return {"fields": msgspec.to_builtins(_fields(journal, run, project, attempts))}

    fields = journal.once("described", act)["fields"]

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        now = journal.workspace.now()
        version = versions.add(tx, **_typed(fields), run_id=run.id, created_at=now)
        name = version_name(version.id)
        journal.event(
            tx, "VersionRegistered", name, version=name, run=str(run.id), data=data_name(run.data), model=version.model
        )
        if environment is not None:
            add_release(
                tx, version_id=version.id, environment=environment, opened_by=run.requested_by, actor=WORKER, at=now
            )
        runs.update(tx, run.id, state=WorkState.SUCCEEDED, ended_at=now, version_id=version.id)
        journal.event(tx, "RunSucceeded", str(run.id), run=str(run.id), version=name)

    journal.note("ended", commit)
    return registered(journal, run)


def _is_registered(journal: Journal, project: Project, attempts: Mapping[str, StepAttempt]) -> bool:
    """All is from the cache, and what it was cached from became a version: its run may have failed before that."""
    if any(attempt.cached_from is None for attempt in attempts.values()):
        return False
    model, evaluation = attempts[model_of(project)].outputs["model"], attempts["evaluate"].outputs["evaluation"]
    return versions.of_outputs(journal.workspace.registry.read(), model=model, evaluation=evaluation) is not None


def _end_without_version(journal: Journal, run: Run, attempts: Mapping[str, StepAttempt]) -> Mapping[str, str]:
    cached_from = str(attempts["register"].cached_from)

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        runs.update(tx, run.id, state=WorkState.SUCCEEDED, ended_at=journal.workspace.now())
        journal.event(tx, "RunSucceeded", str(run.id), run=str(run.id), version=None, cached_from=cached_from)

    journal.note("ended", commit)
    return {"run": str(run.id), "cached_from": cached_from}


def _goal(journal: Journal) -> str | None:
    """The first environment of the policy's order where people decide; without a readable policy there is none."""
    try:
        return first_stop(journal.workspace.policy())
    except ConfigInvalid:
        return None


def registered(journal: Journal, run: Run) -> Mapping[str, str]:
    """Names of what the run has registered."""
    conn = journal.workspace.registry.read()
    version = versions.of_run(conn, run.id)
    if version is None:
        return {"run": str(run.id)}
    opened = releases.list_releases(conn, version_id=version.id, limit=1)
    return {"run": str(run.id), "version": version_name(version.id)} | (
        {"release": release_name(opened[0].id)} if opened else {}
    )


def _fields(journal: Journal, run: Run, project: Project, attempts: Mapping[str, StepAttempt]) -> dict[str, Any]:
    store = journal.workspace.store
    outputs = {f"{step}.{name}": tree for step, attempt in attempts.items() for name, tree in attempt.outputs.items()}
    manifest = read_json(store, outputs["register.manifest"], "manifest.json")
    _check_manifest(store, manifest, outputs, model=f"{model_of(project)}.model")
    classes = tuple(manifest["classes"] or ())
    table = read_evaluation(
        file_of(store, outputs["evaluate.evaluation"], EVALUATION_FILE), task=project.task, classes=classes
    )
    found = figures(table)
    history = read_json(store, outputs["train.history"], "history.json") if "train.history" in outputs else {}
    report = read_json(store, outputs["prepare.report"], "report.json")
    return {
        "task": project.task,
        "classes": classes,
        "input_schema": manifest["input"],
        "model": outputs[f"{model_of(project)}.model"],
        "evaluation": outputs["evaluate.evaluation"],
        "history": outputs.get("train.history"),
        "training": outputs["prepare.training"],
        "held_out": outputs["prepare.held_out"],
        "data": run.data,
        "source": run.source,
        "smoke": keep_smoke_cases(store, run.source, project),
        "commit": run.commit,
        "is_dirty": run.is_dirty,
        "branch": run.branch,
        "author_name": run.author_name,
        "author_email": run.author_email,
        "requested_by": run.requested_by,
        "engine": run.engine,
        "parameters": {step: parameters_for(step, project, excluded=()) for step in attempts},
        "metrics": {name: figure.value for name, figure in found.items() if figure.value is not None},
        "intervals": {
            name: (figure.low, figure.high)
            for name, figure in found.items()
            if figure.low is not None and figure.high is not None
        },
        "confusion": confusion_matrix(table) if classes else (),
        "groups": breakdown(table),
        "learning_curve": tuple(history.get("epochs", ())),
        "rows": {split: counted["rows"] for split, counted in report["splits"].items()},
        "data_report": report,
        "images": {step: attempt.image_id for step, attempt in attempts.items()},
        "environment": {**_interpreter(run.engine), **_libraries(history)},
    }


def _libraries(history: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(number) for name, number in history.get("libraries", {}).items()}


def _interpreter(engine: str) -> dict[str, str]:
    """Without images, the interpreter and all that is installed for it stand for them."""
    if engine != "process":
        return {}
    installed = {each.name: each.version for each in importlib.metadata.distributions()}
    return {"python": platform.python_version(), **dict(sorted(installed.items()))}


def _typed(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **fields,
        "classes": tuple(fields["classes"]),
        "groups": typed(fields["groups"], tuple[GroupFigure, ...]),
        "confusion": tuple(tuple(row) for row in fields["confusion"]),
        "intervals": {name: (low, high) for name, (low, high) in fields["intervals"].items()},
        "learning_curve": tuple(fields["learning_curve"]),
    }


def _check_manifest(store: Store, manifest: Mapping[str, Any], outputs: Mapping[str, str], *, model: str) -> None:
    """What register checked has to be what is kept, byte for byte."""
    folders = {"model": model, "evaluation": "evaluate.evaluation", "history": "train.history"}
    for name, digest in manifest["files"].items():
        folder, _, path = name.partition("/")
        kept = {entry.path: entry.sha256 for entry in store.tree(outputs[folders[folder]]).entries}
        if kept.get(path) != digest:
            raise WorkFailed(
                f"register checked another {name} than the run left", hint="train again", code="manifest_mismatch"
            )


def keep_smoke_cases(store: Store, source: str, project: Project) -> str:
    """Tree with the cases and their pictures, so that the version carries its own smoke."""
    files = {entry.path: entry.sha256 for entry in store.tree(source).entries}
    entries: list[tuple[str, bytes | Path]] = [(CASES_FILE, msgspec.json.encode(project.smoke, order="deterministic"))]
    for case in project.smoke.cases:
        if isinstance(case.input, str):
            if case.input not in files:
                raise WorkFailed(
                    f"smoke case {case.input} is not in the commit", hint="commit it, or take it out of [smoke]"
                )
            entries.append((case.input, store.path(files[case.input])))
    return store.put_entries(entries)


def file_of(store: Store, tree: str, name: str) -> Path:
    """The blob of one file of a tree; raises `WorkFailed` when the tree has no such file."""
    for entry in store.tree(tree).entries:
        if entry.path == name:
            return store.path(entry.sha256)
    raise WorkFailed(f"{name} is not among the outputs", hint="the step has to leave it there")


def read_json(store: Store, tree: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file_of(store, tree, name).read_bytes())
    return content
