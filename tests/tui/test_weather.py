"""Hard weather: what is damaged, missing, locked or gone is told where it would stand; all else is shown."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from mltui.tui.dialogs.fault import FaultDialog
from mltui.tui.screens import SCREENS
from mltui.workspace import REGISTRY_FILE, Workspace
from tui.pilots import console, settle, text_of
from tui.scene_once import copy_of_scene, opened_at_noon

SUBJECTS = {"run": "8", "version": "v4", "thresholds": "v4", "compare": "v4 v3", "release": "r5", "help": "overview"}
SIZE = (120, 60)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copy_of_scene(tmp_path_factory, tmp_path)


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    opened = opened_at_noon(folder)
    yield opened
    opened.close()


DAMAGED = {
    "version, run, release, event, worker": (
        ("versions", "groups", "id = 4", "row 4 of versions"),
        ("runs", "state", "id = 8", "row 8 of runs"),
        ("releases", "opened_at", "id = 5", "row 5 of releases"),
        ("events", "data", "sequence = 20", "row 20 of events"),
        ("worker", "at", "id = 1", "the row of worker"),
    ),
    "metrics, step, check, deployment, note": (
        ("versions", "metrics", "id = 6", "row 6 of versions"),
        ("steps", "outputs", "run_id = 8", "row 8, prepare, 1 of steps"),
        ("stages", "data", "release_id = 5 AND name = 'checks'", "row 5, checks of stages"),
        ("deployments", "live_from", "id = 4", "row 4 of deployments"),
        ("notes", "at", "version_id = 4", "of notes is damaged"),
    ),
    "environment, decision, times": (
        ("environments", "smoked_at", "name = 'production'", "row production of environments"),
        ("approvals", "acknowledged", "release_id = 4", "of approvals is damaged"),
        ("versions", "created_at", "id = 5", "row 5 of versions"),
        ("stages", "data", "release_id = 6", "row 6, package of stages"),
        ("runs", "started_at", "id = 5", "row 5 of runs"),
    ),
    "what is live, curve, end, time of an event": (
        ("deployments", "live_from", "id = 6", "row 6 of deployments"),
        ("versions", "learning_curve", "id = 4", "row 4 of versions"),
        ("releases", "ended_at", "id = 4", "row 4 of releases"),
        ("events", "at", "sequence = 35", "row 35 of events"),
    ),
}


@pytest.mark.parametrize("rows", DAMAGED.values(), ids=DAMAGED)
async def test_damaged_rows_are_named_and_every_screen_opens(
    workspace: Workspace, rows: tuple[tuple[str, str, str, str], ...]
) -> None:
    for table, column, where, _ in rows:
        _write(workspace.folder, f"UPDATE {table} SET \"{column}\" = '{{broken' WHERE {where}", table)
    everything = "\n".join((await _walk(workspace)).values())
    untold = [told for *_, told in rows if told not in everything]
    assert not untold, everything


@pytest.mark.parametrize(
    ("table", "column", "screen", "others"),
    [
        ("runs", "state", "runs", ("7", "6", "4")),
        ("versions", "metrics", "versions", ("v6", "v5", "v3")),
        ("releases", "state", "releases", ("r6", "r5", "r3")),
    ],
)
async def test_a_damaged_row_leaves_the_others_of_its_list(
    workspace: Workspace, table: str, column: str, screen: str, others: tuple[str, ...]
) -> None:
    id = 5 if table == "runs" else 4
    _write(workspace.folder, f"UPDATE {table} SET {column} = '{{' WHERE id = {id}", table)
    async with console(workspace, size=SIZE, show=(screen, "")) as pilot:
        shown = text_of(pilot)
        begun = [line.lstrip(" ▌").split(" ")[0] for line in shown.splitlines()]
        assert f"✗ row {id} of {table} is damaged" in shown
        assert set(others) <= set(begun)
        await pilot.press("end", "up", "enter", "home", "down", "enter")
        await settle(pilot)
        assert not isinstance(pilot.app.screen, FaultDialog)


async def test_a_decision_stays_readable_when_it_is_not_known_who_else_has_it_open(workspace: Workspace) -> None:
    _write(workspace.folder, "UPDATE presence SET at = '{'", "presence")
    _write(workspace.folder, "UPDATE stages SET data = '{' WHERE release_id = 6", "stages")
    async with console(workspace, size=SIZE, show=("release", "r5")) as pilot:
        shown = text_of(pilot)
    assert "of presence is damaged" in shown
    assert "accuracy floor" in shown


async def test_damaged_events_leave_the_history_readable(workspace: Workspace) -> None:
    _write(workspace.folder, "UPDATE events SET data = '[' WHERE sequence IN (30, 31)", "events")
    async with console(workspace, size=SIZE, show=("audit", "")) as pilot:
        shown = text_of(pilot)
    assert "✗ row 30 of events is damaged" in shown
    assert "release r6 of v6 to production opened" in shown
    assert "workspace created" in shown


@pytest.mark.parametrize("what", ["evaluation", "model", "source", "data", "smoke"])
async def test_a_tree_that_is_gone_is_told_and_every_screen_opens(workspace: Workspace, what: str) -> None:
    (digest,) = _ask(workspace.folder, f"SELECT {what} FROM versions WHERE id = 4")
    workspace.store.path(digest).unlink()
    seen = await _walk(workspace)
    if what in ("evaluation", "source", "data"):
        assert "no blob" in seen["compare"]


async def test_sealed_evidence_that_is_gone_is_told(workspace: Workspace) -> None:
    (digest,) = _ask(workspace.folder, "SELECT evidence FROM releases WHERE id = 5")
    workspace.store.path(digest).unlink()
    assert "the sealed evidence cannot be read" in (await _walk(workspace))["release"]


async def test_a_log_that_is_gone_or_garbled_is_no_fault(workspace: Workspace) -> None:
    shutil.rmtree(workspace.run_folder(8))
    log = workspace.run_folder(5) / "train.1" / "log.jsonl"
    log.write_bytes(b"\xff\xfe not json\n[1, 2]\n" + log.read_bytes() + b'{"at": "soon", "stream": 3, "text": null}\n')
    assert "nothing is logged" in (await _walk(workspace))["run"]
    async with console(workspace, size=SIZE, show=("run", "5")) as pilot:
        assert "epoch 1/14" in text_of(pilot)


async def test_a_policy_that_cannot_be_read_is_told_on_every_screen_that_needs_it(workspace: Workspace) -> None:
    (workspace.folder / "policy.toml").write_text("[environments\nproduction", "utf-8")
    seen = await _walk(workspace)
    for name in ("overview", "environments", "release"):
        assert "policy cannot be read" in seen[name]
    assert all("policy unreadable" in text.splitlines()[0] for text in seen.values())


async def test_a_registry_that_another_process_holds_is_read_on(workspace: Workspace) -> None:
    """Acts wait for it; looking at things does not."""
    with closing(sqlite3.connect(workspace.folder / REGISTRY_FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        seen = await _walk(workspace)
        other.execute("ROLLBACK")
    assert "r5  v5 to production" in seen["overview"]


async def test_an_act_waits_for_a_registry_that_is_held_for_a_second(workspace: Workspace) -> None:
    other = sqlite3.connect(workspace.folder / REGISTRY_FILE, isolation_level=None, check_same_thread=False)
    with closing(other):
        other.execute("BEGIN EXCLUSIVE")
        timer = threading.Timer(1.0, other.execute, ["ROLLBACK"])
        timer.start()
        async with console(workspace, size=SIZE, show=("version", "v4")) as pilot:
            await pilot.press("n")
            await pilot.pause(0.2)
            await pilot.press(*"dark", "enter")
            await settle(pilot)
            assert not isinstance(pilot.app.screen, FaultDialog)
        timer.join()
    assert _ask(workspace.folder, "SELECT count(*) FROM notes WHERE text = 'dark'") == (1,)


async def test_a_registry_that_is_gone_is_told_and_the_console_stays_up(workspace: Workspace) -> None:
    async with console(workspace, size=SIZE) as pilot:
        for file in workspace.folder.glob(f"{REGISTRY_FILE}*"):
            file.unlink()
        for number in "23451":
            await pilot.press(number)
            await settle(pilot)
            assert not isinstance(pilot.app.screen, FaultDialog)


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_workspace_that_is_taken_away_is_told_in_place_of_what_it_said_last(
    workspace: Workspace, tmp_path: Path, is_replaced: bool
) -> None:
    async with console(workspace, size=SIZE) as pilot:
        before = text_of(pilot).splitlines()[1]
        shutil.copytree(workspace.folder, tmp_path / "other")
        shutil.rmtree(workspace.folder)
        if is_replaced:
            (tmp_path / "other").rename(workspace.folder)
        until = time.monotonic() + 10
        while text_of(pilot).splitlines()[1] == before:
            assert time.monotonic() < until, before
            await pilot.pause(0.05)
        told = text_of(pilot).splitlines()[1]
        await pilot.pause(1.0)
        assert told.startswith("✗ what stands here is old: the workspace")
        assert len(pilot.app._notifications) == 1
        assert not isinstance(pilot.app.screen, FaultDialog)


async def test_an_engine_that_is_gone_leaves_all_screens_and_the_rollback_says_so(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    _write(workspace.folder, "UPDATE deployments SET engine = 'docker'", "deployments")
    await _walk(workspace)
    async with console(workspace, size=SIZE) as pilot:
        await pilot.press("b")
        await settle(pilot)
        await pilot.pause(0.3)
        shown = text_of(pilot)
        assert not isinstance(pilot.app.screen, FaultDialog)
    assert "engine docker" in shown


async def _walk(workspace: Workspace) -> dict[str, str]:
    """The text of every screen."""
    seen = {}
    async with console(workspace, size=SIZE) as pilot:
        for name in SCREENS:
            pilot.app.open_screen(name, SUBJECTS.get(name, ""))  # type: ignore[attr-defined]
            await _settled(pilot)
            seen[name] = text_of(pilot)
            assert not isinstance(pilot.app.screen, FaultDialog), f"{name}:\n{seen[name]}"
            assert seen[name].startswith("tacos  › Overview"), f"{name}:\n{seen[name]}"
    return seen


async def _settled(pilot: Pilot[Any]) -> None:
    await settle(pilot)
    await pilot.pause(0.03)
    await settle(pilot)


def _write(folder: Path, statement: str, table: str) -> None:
    with closing(sqlite3.connect(folder / REGISTRY_FILE)) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", [table])
        for (name,) in triggers.fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        assert connection.execute(statement).rowcount > 0
        connection.commit()


def _ask(folder: Path, statement: str) -> tuple[Any, ...]:
    with closing(sqlite3.connect(folder / REGISTRY_FILE)) as connection:
        found: tuple[Any, ...] = connection.execute(statement).fetchone()
        return found


async def test_an_environment_whose_row_is_damaged_is_not_told_as_empty_and_the_other_stays(
    workspace: Workspace,
) -> None:
    _write(workspace.folder, "UPDATE environments SET smoked_at = '{' WHERE name = 'production'", "environments")
    async with console(workspace, size=SIZE) as pilot:
        shown = text_of(pilot)
    assert "row production of environments is damaged" in shown
    assert "v5 in staging" in shown
    assert "nothing in production" not in shown


FIELDS_OF_A_VERSION = {
    "classes": '"text"', "input_schema": "[1]", "parameters": "{", "metrics": '{"accuracy": "high"}', "rows": "[]",
    "intervals": "[[1", "confusion": "3", "groups": "{}", "learning_curve": "null]", "data_report": "", "images": "7",
    "environment": "{",
}  # fmt: skip


@pytest.mark.parametrize(
    ("screen", "fields"),
    [("version", tuple(FIELDS_OF_A_VERSION)), ("compare", ("classes", "metrics", "groups", "parameters"))],
)
async def test_a_damaged_field_of_a_version_leaves_all_that_does_not_need_it(
    workspace: Workspace, screen: str, fields: tuple[str, ...]
) -> None:
    whole = _titles(await _shown(workspace, screen))
    for field in fields:
        (before,) = _ask(workspace.folder, f'SELECT "{field}" FROM versions WHERE id = 4')
        _set_field(workspace, field, FIELDS_OF_A_VERSION[field])
        shown = await _shown(workspace, screen)
        _set_field(workspace, field, before)
        assert f"row 4 of versions is damaged: its {field} cannot be read" in shown
        assert len(_titles(shown)) >= len(whole) - 1, shown


def _set_field(workspace: Workspace, field: str, text: str) -> None:
    quoted = text.replace("'", "''")
    _write(workspace.folder, f"UPDATE versions SET \"{field}\" = '{quoted}' WHERE id = 4", "versions")


async def _shown(workspace: Workspace, screen: str) -> str:
    async with console(workspace, size=(120, 150), show=(screen, SUBJECTS[screen])) as pilot:
        await settle(pilot)
        assert not isinstance(pilot.app.screen, FaultDialog)
        return text_of(pilot)


def _titles(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if line.startswith("╭─ ")]


async def test_events_without_their_facts_are_told_as_they_are(workspace: Workspace) -> None:
    """On every screen, and in Audit."""
    _write(workspace.folder, "UPDATE events SET data = '{}'", "events")
    _write(workspace.folder, "UPDATE events SET kind = 'SomethingOdd' WHERE sequence = 30", "events")
    seen = await _walk(workspace)
    assert "? approved for ?" in seen["audit"]
    assert "SomethingOdd" in seen["audit"]
    _write(workspace.folder, "UPDATE events SET data = '[1]'", "events")
    assert "of events is damaged" in (await _walk(workspace))["audit"]
