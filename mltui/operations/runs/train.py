"""Asks for a run: stores what it needs, writes the request, wakes the worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mltui.config.project import PROJECT_FILE, parse_project, project_as_json
from mltui.domain.job import JobKind
from mltui.domain.names import data_name
from mltui.domain.pipeline import apply_overrides
from mltui.domain.project import Project
from mltui.domain.run import Run, WorkState
from mltui.errors import ConfigInvalid, NotFound, Refused
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.wake import wake_worker
from mltui.operations.runs.commits import (
    Commit,
    commit_files,
    holds_files_under_git,
    read_commit,
)
from mltui.operations.runs.places_in_repository import place_in_repository
from mltui.registry import Connection, data_versions, events, jobs, runs
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RequestedRun:
    run: Run
    is_new: bool
    """False when the same commit with the same parameters and data has its run already."""


def request_run(
    workspace: Workspace,
    project_folder: Path,
    *,
    revision: str = "HEAD",
    overrides: Sequence[str] = (),
    again: bool = False,
) -> RequestedRun:
    """Stores the commit's tree and its data: the worker needs neither the repository nor the user's environment."""
    commit = read_commit(project_folder, revision)
    under = place_in_repository(project_folder, commit.sha, project=workspace.project_name)
    source = workspace.store.put_entries(commit_files(project_folder, commit.sha, under=under))
    project = apply_overrides(_project_of(workspace, source, commit), list(overrides))
    if project.name != workspace.project_name:
        raise ConfigInvalid(
            f"this workspace is of project {workspace.project_name}, the commit is of {project.name}",
            hint="name the right one with --workspace, or rename the project back",
        )
    _require_committed(workspace, project, source=source)
    data = store_data(workspace, project, source=source, project_folder=project_folder)
    plan = workspace.store.put_bytes(project_as_json(project))
    engine = policy_on_record(workspace).engine
    with workspace.registry.write() as tx:
        requested = add_run(
            tx, workspace, commit, stored={"source": source, "data": data, "plan": plan}, engine=engine, again=again
        )
    wake_worker(workspace)
    return requested


def store_data(workspace: Workspace, project: Project, *, source: str, project_folder: Path) -> str:
    """Tree digest of the data version: from the commit where it holds the data, else from the disk beside it."""
    entries = dict(_data_entries(workspace, project, source=source, project_folder=project_folder))
    if not entries:
        raise NotFound(
            f"there is no data in {project.data.source}",
            hint=f"check data.source in {PROJECT_FILE}; is the folder committed?",
        )
    digest = workspace.store.put_entries(entries.items())
    if data_versions.find(workspace.registry.read(), digest) is None:
        _record_import(workspace, digest, source=project.data.source)
    return digest


def _record_import(workspace: Workspace, digest: str, *, source: str) -> None:
    """Looks again inside the transaction: of several who import the same data at once one leaves an event."""
    entries = workspace.store.tree(digest).entries
    size = sum(entry.size for entry in entries)
    with workspace.registry.write() as tx:
        if data_versions.find(tx, digest) is not None:
            return
        at, name = workspace.now(), data_name(digest)
        data_versions.add(tx, digest=digest, source=source, files=len(entries), bytes_total=size, at=at)
        facts = {"data": name, "files": len(entries), "digest": digest}
        events.append(tx, "DataVersionImported", name, facts, actor=str(workspace.actor), at=at)


def _data_entries(workspace: Workspace, project: Project, *, source: str, project_folder: Path) -> dict[str, Path]:
    data = project.data
    committed = {entry.path: workspace.store.path(entry.sha256) for entry in workspace.store.tree(source).entries}
    if project.data_kind == "table":
        path = committed.get(data.source) or _beside_git(project_folder, data.source, key="source")
        return {"table.csv": path} if path.is_file() else {}
    prefix = f"{data.source}/"
    pictures = {f"pictures/{path[len(prefix) :]}": blob for path, blob in committed.items() if path.startswith(prefix)}
    if not pictures:
        folder = _beside_git(project_folder, data.source, key="source")
        pictures = {
            f"pictures/{path.relative_to(folder).as_posix()}": path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
    if data.groups is not None and pictures:
        groups = committed.get(data.groups) or _beside_git(project_folder, data.groups, key="groups")
        if not groups.is_file():
            raise NotFound(
                f"data.groups names {data.groups}, which is not there", hint="commit it, or take the key out"
            )
        pictures["groups.csv"] = groups
    return pictures


def _beside_git(project_folder: Path, named: str, *, key: str) -> Path:
    """Data that git does not hold; what it does hold is taken from the commit or not at all."""
    path = project_folder / Path(named).expanduser()
    if holds_files_under_git(path):
        raise Refused(
            f"data.{key} names {named}, which is under git but not in the commit",
            hint="commit it, and name it by its path inside the project",
        )
    return path


def _require_committed(workspace: Workspace, project: Project, *, source: str) -> None:
    """Of all that a run needs only later, so that nothing is trained in vain."""
    committed = {entry.path for entry in workspace.store.tree(source).entries}
    needed = [(f"steps.{name}.dockerfile", step.dockerfile) for name, step in project.steps.items() if step.dockerfile]
    needed += [("smoke.cases", case.input) for case in project.smoke.cases if isinstance(case.input, str)]
    for key, path in needed:
        if path not in committed:
            raise NotFound(f"{key} names {path}, which is not in the commit", hint="commit it")


def _project_of(workspace: Workspace, source: str, commit: Commit) -> Project:
    for entry in workspace.store.tree(source).entries:
        if entry.path == PROJECT_FILE:
            text = workspace.store.read_bytes(entry.sha256).decode("utf-8", "replace")
            return parse_project(text, where=f"{PROJECT_FILE} of commit {commit.sha[:10]}")
    raise NotFound(f"commit {commit.sha[:10]} has no {PROJECT_FILE}", hint="commit the project's file")


def add_run(
    tx: Connection, workspace: Workspace, commit: Commit, *, stored: Mapping[str, str], engine: str, again: bool = False
) -> RequestedRun:
    """Looks and writes in one transaction: of two hooks at once only one gets a new run.

    `stored`: digests of source, data and plan.
    """
    at, actor = workspace.now(), workspace.actor
    known = runs.same_work(tx, commit=commit.sha, plan=stored["plan"], data=stored["data"])
    if known is not None and known.engine == engine and not again:
        return RequestedRun(known, is_new=False)
    run = runs.add(
        tx,
        state=WorkState.QUEUED,
        commit=commit.sha,
        is_dirty=commit.is_dirty,
        branch=commit.branch,
        message=commit.message,
        author_name=commit.author_name,
        author_email=commit.author_email,
        requested_by=str(actor),
        requested_at=at,
        engine=engine,
        **stored,
    )
    jobs.add(tx, kind=JobKind.RUN, subject=str(run.id), payload={}, requested_by=str(actor), at=at)
    facts = {
        "run": str(run.id),
        "commit": commit.sha,
        "data": data_name(stored["data"]),
        "dirty": commit.is_dirty,
        "plan": stored["plan"],
    }
    events.append(tx, "RunRequested", str(run.id), facts, actor=str(actor), at=at)
    return RequestedRun(run, is_new=True)
