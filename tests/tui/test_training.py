"""Train, cancel, resume and release from the console."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.gates import write_policy
from registry.registry_values import add_run, add_version

from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.operations.standing.browse import list_releases, list_runs
from mltui.registry import jobs, runs
from mltui.tui.app import Console
from mltui.workspace import Workspace
from tui.pilots import SMALL, console, press, settle
from tui.versions_at_hand import told


def add_job(workspace: Workspace, state: WorkState) -> int:
    with workspace.registry.write() as tx:
        run = add_run(tx, state=state)
        jobs.add(tx, kind=JobKind.RUN, subject=str(run.id), payload={}, requested_by="ann", at=run.requested_at)
    return run.id


async def test_train_says_which_commit_and_asks_before_it_does(workspace: Workspace, project: Path) -> None:
    app = Console(workspace, directory=project)
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        shown = await press(pilot, "t")
        assert "Decide on loans" in shown
        assert "Ann <ann@example.org>" in shown
        await press(pilot, "escape")
        assert list_runs(workspace) == []
        await press(pilot, "t")
        shown = await press(pilot, "enter")
        assert [run.state for run in list_runs(workspace)] == [WorkState.QUEUED]
        assert "Run 1" in shown
        await press(pilot, "escape")
        await press(pilot, "t")
        await press(pilot, "enter")
        assert "trained this commit already" in told(pilot)
        assert len(list_runs(workspace)) == 1


async def test_outside_of_a_project_there_is_nothing_to_train(workspace: Workspace, tmp_path: Path) -> None:
    app = Console(workspace, directory=tmp_path)
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        assert "belongs to no project" in told(pilot)


async def test_a_run_is_cancelled_only_after_a_yes(workspace: Workspace) -> None:
    run = add_job(workspace, WorkState.RUNNING)
    async with console(workspace, show=("runs", "")) as pilot:
        assert "Cancel run 1" in await press(pilot, "c")
        await press(pilot, "escape")
        assert not is_cancel_requested(workspace, run)
        await press(pilot, "c", "enter")
        assert is_cancel_requested(workspace, run)


def is_cancel_requested(workspace: Workspace, run: int) -> bool:
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RUN, subject=str(run))
    assert job is not None
    return job.is_cancel_requested


async def test_what_failed_is_resumed_and_what_is_done_is_refused(workspace: Workspace) -> None:
    failed = add_job(workspace, WorkState.FAILED)
    async with console(workspace, show=("runs", "")) as pilot:
        assert "Run 2" in await press(pilot, "e")
        with workspace.registry.write() as tx:
            runs.update(tx, failed, state=WorkState.SUCCEEDED)
        await press(pilot, "escape", "end", "e")
        assert "only a run that failed or was cancelled" in told(pilot)


@pytest.mark.parametrize("answer", ["enter", "escape"])
async def test_the_release_of_a_version_is_opened_after_a_yes(workspace: Workspace, answer: str) -> None:
    write_policy(workspace)
    with workspace.registry.write() as tx:
        add_version(tx, run_id=add_run(tx).id)
    async with console(workspace, show=("versions", "")) as pilot:
        assert "Release v1" in await press(pilot, "p")
        shown = await press(pilot, answer)
    assert len(list_releases(workspace)) == (1 if answer == "enter" else 0)
    assert ("Release r1" in shown.splitlines()[0]) == (answer == "enter")
