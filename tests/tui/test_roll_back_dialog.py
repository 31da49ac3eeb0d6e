"""Rollback, undo, stop and start by keys. No worker is there: the jobs are ended by the tests."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from operations.gates import as_person
from operations.test_rollback_plan import blob_of, history_of_three
from registry.registry_values import NOW, later
from textual.pilot import Pilot
from textual.widgets import Input

from mltui.domain.deployment import Environment
from mltui.domain.job import Job, JobKind
from mltui.domain.run import WorkState
from mltui.operations.environments.rollback_proof import RollbackProof
from mltui.operations.standing.environment_health import Weight
from mltui.registry import deployments, environments, jobs
from mltui.tui.dialogs.roll_back import RollBackDialog
from mltui.tui.dialogs.work import WorkDialog
from mltui.tui.presentation.roll_back import rolled_back_lines
from mltui.workspace import Workspace
from tui.pilots import console, press, settle, text_of

RESULT = {
    "left": {"deployment": "d3", "version": "v3", "is_withdrawn": True},
    "restored": {"deployment": "d4", "version": "v2"},
    "smoke": {"right": 12, "cases": 12, "sentence": "12 of 12 right", "answers": []},
    "skipped": [],
}


@pytest.fixture
def ill(workspace: Workspace) -> Workspace:
    """v3 answers and is ill; v2 was healthy when it was replaced, v1 baked."""
    history_of_three(workspace)
    with workspace.registry.write() as tx:
        environments.save(
            tx, Environment("production", 3, smoked_at=NOW, is_smoke_green=False, smoke_failure="5 of 12 [red]right")
        )
    return as_person(workspace, "bob")


async def confirmed(pilot: Pilot[Any], workspace: Workspace, kind: JobKind) -> Job:
    """The job that Enter asked for."""
    await pilot.press("enter")
    until = time.monotonic() + 10
    while (job := jobs.of_subject(workspace.registry.read(), kind=kind, subject="production")) is None:
        assert time.monotonic() < until, text_of(pilot)
        await pilot.pause(0.01)
    assert isinstance(pilot.app.screen, WorkDialog)
    return job


async def finish(pilot: Pilot[Any], workspace: Workspace, job: Job, **outcome: Any) -> str:
    with workspace.registry.write() as tx:
        jobs.set_state(tx, job.id, state=WorkState.SUCCEEDED, at=NOW, **outcome)
    await settle(pilot)
    return text_of(pilot)


async def test_from_the_overview_b_and_enter_roll_back_and_prove_it(ill: Workspace) -> None:
    async with console(ill) as pilot:
        shown = await press(pilot, "b")
        assert "v3 answers in production" in shown
        assert "last smoke: 5 of 12 [red]right" in shown
        assert "✓ target  v2 d2" in shown
        assert "✓ files: the model files of v2 are what their hashes say" in shown
        job = await confirmed(pilot, ill, JobKind.ROLLBACK)
        assert job.payload == {"mode": "rollback", "reason": "", "leaving": 3}
        proven = await finish(pilot, ill, job, result=RESULT)
        assert "✓ production answers from v2 again, v3 is withdrawn" in proven
        assert "✓ smoke: 12 of 12 right" in proven
        await press(pilot, "enter")
        assert not isinstance(pilot.app.screen, WorkDialog)


async def test_what_somebody_else_rolled_back_meanwhile_is_not_rolled_back_further(ill: Workspace) -> None:
    async with console(ill) as pilot:
        await press(pilot, "b")
        with ill.registry.write() as tx:
            environments.save(tx, Environment("production", 2, smoked_at=NOW, is_smoke_green=True))
        await press(pilot, "enter")
        told = [each.message for each in pilot.app._notifications]
        assert any("v2 answers in production by now" in each for each in told), text_of(pilot)
    assert jobs.unfinished(ill.registry.read()) == []


async def test_the_arrows_choose_an_alternative_and_a_reason_is_kept(ill: Workspace) -> None:
    async with console(ill) as pilot:
        await press(pilot, "b", "down")
        assert "the worker proves it before anything moves" in text_of(pilot)
        pilot.app.screen.query_one(Input).value = "v2 is [slow]"
        job = await confirmed(pilot, ill, JobKind.ROLLBACK)
        assert job.payload == {"mode": "to", "reason": "v2 is [slow]", "version": 1, "leaving": 3}
        await finish(pilot, ill, job, result=RESULT)


async def test_esc_moves_nothing(ill: Workspace) -> None:
    async with console(ill) as pilot:
        await press(pilot, "b", "escape", "u", "escape", "S", "escape")
        assert jobs.unfinished(ill.registry.read()) == []


async def test_with_nothing_sound_the_dialog_says_why_and_enter_does_nothing(ill: Workspace) -> None:
    for deployment in deployments.of_environment(ill.registry.read(), "production")[:2]:
        blob_of(ill, deployment).unlink()
    async with console(ill) as pilot:
        shown = await press(pilot, "b", "enter")
        assert "✗ damaged" in shown
        assert "v2 cannot be taken: " in shown
        assert isinstance(pilot.app.screen, RollBackDialog)
        assert jobs.unfinished(ill.registry.read()) == []


async def test_what_no_rollback_takes_by_itself_needs_enter_twice(ill: Workspace) -> None:
    with ill.registry.write() as tx:
        for name in (1, 2):
            deployments.update(tx, name, withdrawn_reason="[red]slow")
    async with console(ill) as pilot:
        assert "withdrawn: [red]slow; enter again" in " ".join((await press(pilot, "b", "enter")).split())
        job = await confirmed(pilot, ill, JobKind.ROLLBACK)
        assert job.payload["version"] == 2
        await finish(pilot, ill, job, result=RESULT)


async def test_a_failure_is_told_with_its_hint(ill: Workspace) -> None:
    async with console(ill) as pilot:
        await press(pilot, "b")
        job = await confirmed(pilot, ill, JobKind.ROLLBACK)
        error = {"class": "WorkFailed", "message": "v2 fails [its] smoke", "hint": "go further back", "code": "smoke"}
        await finish(pilot, ill, job, error=error)
        assert [each.message for each in pilot.app._notifications] == ["v2 fails [its] smoke\n→ go further back"]


async def test_an_undo_shows_what_it_puts_back(ill: Workspace) -> None:
    async with console(ill) as pilot:
        assert "u Undo" not in text_of(pilot).splitlines()[-1]
        told = "no rollback of production is there to undo"
        assert told in await press(pilot, "u")
        shown = await press(pilot, "enter")
        assert told in shown
        assert "go back to" not in shown
        assert "for the record" not in shown
        await press(pilot, "escape")
        with ill.registry.write() as tx:
            deployments.update(tx, 2, withdrawn_reason="slow")
            deployments.update(tx, 3, restores_id=1)
        assert "✓ target  v2 d2" in await press(pilot, "u")
        job = await confirmed(pilot, ill, JobKind.ROLLBACK)
        assert job.payload["mode"] == "undo"
        undone = RESULT | {"left": {"deployment": "d3", "version": "v3", "is_withdrawn": False}}
        assert "v3 is no longer live" in await finish(pilot, ill, job, result=undone)


async def test_a_stop_asks_for_a_reason_and_says_that_it_answers_503(ill: Workspace) -> None:
    async with console(ill) as pilot:
        await press(pilot, "S")
        assert "cannot be empty" in await press(pilot, "enter")
        shown = await press(pilot, *"drill", "enter")
        assert "production answers 503 to everyone" in shown
        job = await confirmed(pilot, ill, JobKind.STOP)
        assert job.payload == {"reason": "drill"}
        assert "production is stopped and answers 503" in await finish(pilot, ill, job, result={})


async def test_a_start_of_what_is_not_stopped_is_refused_in_a_toast(ill: Workspace) -> None:
    async with console(ill) as pilot:
        await press(pilot, "R")
        (toast,) = pilot.app._notifications
        assert toast.message.startswith("production is not stopped")


def test_the_proof_tells_versions_time_smoke_weights_and_the_last_answer_of_the_old() -> None:
    proof = RollbackProof(
        environment="production",
        is_undo=False,
        is_withdrawn=True,
        restored="v1",
        restored_deployment="d5",
        left="v2",
        left_until=later(-1),
        smoke={
            "right": 1,
            "cases": 2,
            "sentence": "1 of 2 right; [b]: late",
            "answers": [{"case": "[b]", "answered": "yes"}],
        },
        weights=(Weight(5, 1, 100), Weight(4, 2, 0)),
        skipped=("d3: files are damaged",),
        seconds=1.42,
        at=NOW + timedelta(seconds=1),
    )
    told = [line.plain for line in rolled_back_lines(proof, width=66)]
    assert told[:5] == [
        "✓ production answers from v1 again, v2 is withdrawn",
        "✓ done in 1.4 s",
        "! smoke: 1 of 2 right; [b]: late",
        "  last asked: [b] → yes",
        "✓ weights  v1 (d5) 100 %  v2 (d4) 0 %",
    ]
    assert told[5].startswith("✓ v2 gave its last answer 2 s ago, 2026-11-23")
    assert told[6] == "! passed over: d3: files are damaged"


async def test_where_nothing_good_is_left_enter_says_that_it_asks_once_more(ill: Workspace) -> None:
    with ill.registry.write() as tx:
        for name in (1, 2):
            deployments.update(tx, name, withdrawn_reason="[red]slow")
    async with console(ill) as pilot:
        shown = await press(pilot, "b")
        words = " ".join(shown.replace("│", " ").split())
        assert "! no last known good version in production. v2 (withdrawn: [red]slow)" in words
        assert "is taken only by name, with enter twice, and so v1; S answers 503 instead" in words
        assert "nothing to go back to" not in words
        assert "enter asks once more before v2" in words
        assert "enter roll back to v2" in " ".join((await press(pilot, "enter")).split())
        assert jobs.unfinished(ill.registry.read()) == []


async def test_the_wait_says_how_far_it_is_and_how_long_it_usually_takes(ill: Workspace) -> None:
    with ill.registry.write() as tx:
        for seconds in (2, 4, 60):
            past = jobs.add(tx, kind=JobKind.ROLLBACK, subject="production", payload={}, requested_by="bob", at=NOW)
            jobs.set_state(tx, past.id, state=WorkState.SUCCEEDED, at=NOW + timedelta(seconds=seconds))
    async with console(ill) as pilot:
        await press(pilot, "b")
        await pilot.press("enter")
        await awaited(pilot, "rolling back production: ", "usually 4 s", "waits for the worker to take it up")
        (job,) = jobs.unfinished(ill.registry.read())
        with ill.registry.write() as tx:
            jobs.set_state(tx, job.id, state=WorkState.RUNNING, at=NOW)
        await awaited(pilot, "the worker is at it")
        assert "the work goes on" in text_of(pilot)
        await finish(pilot, ill, job, result=RESULT)


async def awaited(pilot: Pilot[Any], *words: str) -> None:
    until = time.monotonic() + 10
    while not all(each in text_of(pilot) for each in words):
        assert time.monotonic() < until, text_of(pilot)
        await pilot.pause(0.02)


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (40, 12)])
async def test_the_keys_of_a_dialog_are_seen_at_every_size(ill: Workspace, size: tuple[int, int]) -> None:
    async with console(ill, size=size) as pilot:
        assert "esc  leave" in await press(pilot, "b")
