"""Runs and the releases that begin with them: train, cancel, resume, release."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from mltui.config.project import PROJECT_FILE
from mltui.domain.names import parse_id, release_name
from mltui.errors import UsageError
from mltui.operations.releases.open_release import open_release
from mltui.operations.runs.commits import Commit, read_commit
from mltui.operations.runs.resume import cancel_run, resume_run
from mltui.operations.runs.train import request_run
from mltui.operations.standing.state import run_state
from mltui.tui.desk import Desk
from mltui.tui.dialogs.confirm import ConfirmDialog
from mltui.tui.presentation.literal import literal


async def train(desk: Desk, subject: str) -> None:
    folder = _project_folder(desk.directory)
    commit = await desk.ask(lambda workspace: read_commit(folder))
    if not await desk.push_screen_wait(ConfirmDialog("Train", _train_lines(commit, folder), yes="train it")):
        return
    requested = await desk.ask(lambda workspace: request_run(workspace, folder, revision=commit.sha))
    if not requested.is_new:
        told = f"run {requested.run.id} trained this commit already; mltui train --again trains it once more"
        desk.notify(told, markup=False)
    desk.open_screen("run", str(requested.run.id))


async def cancel(desk: Desk, subject: str) -> None:
    found = await desk.ask(lambda workspace: run_state(workspace, subject))
    lines = [
        f"Run {found.run.id} of commit {found.run.commit[:10]} is {found.run.state.value}.",
        "What its steps have done so far is kept: a resumed run takes it from the cache.",
    ]
    dialog = ConfirmDialog(f"Cancel run {found.run.id}", lines, yes="cancel the run", is_dangerous=True)
    if await desk.push_screen_wait(dialog):
        await desk.ask(lambda workspace: cancel_run(workspace, subject))
        desk.notify(f"run {subject} is being ended", markup=False)


async def resume(desk: Desk, subject: str) -> None:
    run = await desk.ask(lambda workspace: resume_run(workspace, subject))
    desk.notify(f"run {run.id} takes up run {subject}; what succeeded comes from the cache", markup=False)
    desk.open_screen("run", str(run.id))


async def release(desk: Desk, subject: str) -> None:
    lines = [
        f"{subject} is packaged, measured, put on staging and smoked.",
        "Its checks then decide whether it goes on by itself, or asks a person.",
    ]
    if not await desk.push_screen_wait(ConfirmDialog(f"Release {subject}", lines, yes="open the release")):
        return
    opened = await desk.ask(lambda workspace: open_release(workspace, parse_id("version", subject)))
    desk.notify(f"{release_name(opened.id)} of {subject} is open", markup=False)
    desk.open_screen("release", release_name(opened.id))


def _project_folder(directory: Path) -> Path:
    """The nearest one that holds a project's file; a bare repository stands for itself."""
    for folder in (directory, *directory.parents):
        if (folder / PROJECT_FILE).exists():
            return folder
    if (directory / "HEAD").exists() and (directory / "objects").is_dir():
        return directory
    raise UsageError(
        f"{directory} belongs to no project, so there is no commit to train",
        hint="start mltui in the project's folder, or use: mltui train --workspace …",
    )


def _train_lines(commit: Commit, folder: Path) -> list[Text | str]:
    lines: list[Text | str] = [
        Text.assemble(("commit ", "dim"), (commit.sha[:12], "bold"), f" on {literal(commit.branch) or 'no branch'}"),
        f"  {commit.message}",
        f"  by {commit.author_name} <{commit.author_email}>",
        Text.assemble(("from ", "dim"), literal(folder)),
    ]
    if commit.is_dirty:
        told = "! the work tree has changes that are not in this commit, and so not in the run"
        lines.append(Text(told, "yellow"))
    return lines
