"""Overview: the screen that one comes back to, at every size."""

from __future__ import annotations

from datetime import timedelta

import pytest
from operations.gates import as_person, at_gate, write_policy
from operations.test_overview import go_live
from registry.registry_values import NOW, add_release, add_version, later

from mltui.domain.release import ReleaseState
from mltui.operations.environments.lock import lock
from mltui.registry import events, smokes
from mltui.registry.smokes import Smoke
from mltui.tui.widgets.rows import Rows
from mltui.workspace import Workspace
from tui.pilots import console, settle, text_of


@pytest.fixture
def bob(workspace: Workspace) -> Workspace:
    """v1 is in production; what happened since is on record."""
    write_policy(workspace)
    go_live(workspace, smoked_at=NOW, is_smoke_green=True)
    with workspace.registry.write() as tx:
        for number in range(2, 9):
            add_version(tx, metrics={"accuracy": number / 10})
            smokes.add(tx, Smoke("production", later(60 * number - 600), is_green=True, p95_ms=float(number)))
            data = {"version": f"v{number}", "run": "1"}
            events.append(tx, "VersionRegistered", f"v{number}", data, actor="worker", at=NOW - timedelta(minutes=9))
    return as_person(workspace, "bob")


async def test_while_nothing_runs_it_tells_what_happened_lately(bob: Workspace) -> None:
    async with console(bob) as pilot:
        shown = text_of(pilot)
    assert "now 8.00 ms  ✓ 7 green in 8 min" in shown
    assert "9 min ago  v8 registered from run 1" in shown
    assert "◆ production v1 1.000  ● newest v8 0.8000" in shown
    assert "nothing runs and nothing waits" in shown


@pytest.mark.parametrize("size", [(80, 24), (80, 16), (60, 20), (120, 40), (160, 60)])
@pytest.mark.parametrize("waiting", [0, 1, 30])
async def test_no_panel_is_clipped_and_five_rows_are_kept(bob: Workspace, size: tuple[int, int], waiting: int) -> None:
    with bob.registry.write() as tx:
        for _ in range(waiting):
            add_release(tx, state=ReleaseState.WAITING_APPROVAL, waiting_since=NOW)
    async with console(bob, size=size) as pilot:
        await settle(pilot)
        lines = text_of(pilot).splitlines()
        assert pilot.app.screen.query_one(Rows).size.height >= min(waiting + 1, 6)
        assert not pilot.app.screen.max_scroll_y
    text = "\n".join(lines)
    assert text.count("╭") == text.count("╰")
    assert [line.rstrip()[-1] for line in lines if line.startswith("│")].count("│") == text.count("\n│")
    assert text.count("v8 to production") >= min(waiting, 5)


async def test_a_lock_said_aloud_clips_nothing(bob: Workspace) -> None:
    lock(bob, "production", reason="incident 14")
    async with console(bob) as pilot:
        await settle(pilot)
        assert "! production LOCKED by bob: incident 14" in text_of(pilot)
        assert "U Unlock" in text_of(pilot).splitlines()[-1]
        assert not pilot.app.screen.max_scroll_y


async def test_what_waits_takes_the_room_of_what_is_less_worth(bob: Workspace) -> None:
    async with console(bob) as pilot:
        assert "lately" in text_of(pilot)
        await pilot.resize_terminal(80, 12)
        await settle(pilot)
        assert "lately" not in text_of(pilot)
        assert "smokes of production" in text_of(pilot)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "lately" in text_of(pilot)


async def test_a_release_at_the_gate_is_opened_from_the_first_row(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    async with console(workspace) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert "Release r1" in text_of(pilot)
