"""The console as a person meets it: places, keys, filter, faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.gates import at_gate, write_policy
from registry.registry_values import add_run, later
from textual import events

from mltui.cli.main import run as run_command
from mltui.domain.run import WorkState
from mltui.errors import UsageError
from mltui.tui.acts import ACTS
from mltui.tui.dialogs.fault import FaultDialog
from mltui.tui.doorway import Doorway
from mltui.tui.screens import SCREENS
from mltui.tui.start import open_console, require_terminal
from mltui.tui.widgets.rows import Rows
from mltui.workspace import Workspace
from tui.pilots import LARGE, SMALL, console, press, settle, text_of
from tui.test_decisions import await_text

HOSTILE = "\x1b[31mred\x1b]0;title\x07 [bold]bold[/] ‮drow"


@pytest.fixture
def gate(workspace: Workspace) -> Workspace:
    write_policy(workspace)
    at_gate(workspace)
    return workspace


async def test_the_overview_says_what_answers_what_waits_and_who_one_is(gate: Workspace) -> None:
    async with console(gate) as pilot:
        shown = text_of(pilot)
    assert "loans  › Overview" in shown
    assert f"process · {gate.actor}" in shown
    assert "r1  v1 to production" in shown
    assert "waits" in shown


@pytest.mark.parametrize("entry", [entry for entry in SCREENS.values() if entry.number], ids=lambda entry: entry.name)
async def test_a_number_and_g_with_a_letter_lead_to_a_screen_and_esc_back(gate: Workspace, entry) -> None:  # type: ignore[no-untyped-def]
    async with console(gate) as pilot:
        for keys in ((entry.number,), ("g", entry.letter)):
            shown = await press(pilot, *keys)
            assert shown.splitlines()[0].startswith(
                "loans  › Overview" + ("" if entry.number == "1" else f" › {entry.title}")
            )
            assert "› Overview  " in await press(pilot, "escape")


async def test_keys_are_given_once_and_are_free_of_those_for_places() -> None:
    keys = [act.key for act in ACTS.values()] + [entry.number for entry in SCREENS.values() if entry.number]
    assert len(keys) == len(set(keys))
    assert not {"g", "q", "j", "k"} & set(keys)


async def test_enter_opens_what_is_under_the_cursor_and_the_breadcrumbs_say_where_one_is(gate: Workspace) -> None:
    async with console(gate) as pilot:
        shown = await press(pilot, "2", "enter")
    assert "loans  › Overview › Runs › Run 1" in shown


async def test_the_filter_works_as_one_types_and_esc_takes_it_away(gate: Workspace) -> None:
    with gate.registry.write() as tx:
        add_run(tx, message="night pictures", requested_at=later(1))
        add_run(tx, message="more epochs", requested_at=later(2))
    async with console(gate) as pilot:
        assert "more epochs" in await press(pilot, "2")
        assert "more epochs" not in await press(pilot, "slash", *"night")
        assert "night pictures" in text_of(pilot)
        await press(pilot, "escape", "!", *"night")
        assert "night pictures" not in text_of(pilot)
        assert "more epochs" in text_of(pilot)
        assert "› Runs" in await press(pilot, "escape", "escape")
        assert "night pictures" in text_of(pilot)


async def test_a_change_in_the_registry_is_painted_and_the_cursor_stays_on_its_row(gate: Workspace) -> None:
    async with console(gate) as pilot:
        await press(pilot, "2")
        rows = pilot.app.screen.query_one(Rows)
        assert rows.current == "1"
        with gate.registry.write() as tx:
            add_run(tx, message="fresh", state=WorkState.RUNNING, requested_at=later(1))
        await pilot.pause(0.6)
        await settle(pilot)
        assert "fresh" in text_of(pilot)
        assert rows.current == "1"


async def test_foreign_text_is_literal(gate: Workspace) -> None:
    with gate.registry.write() as tx:
        add_run(tx, message=HOSTILE, branch=HOSTILE, requested_by=HOSTILE, failure=HOSTILE, state=WorkState.FAILED)
    async with console(gate, size=LARGE) as pilot:
        for keys in (("2",), ("enter",)):
            shown = await press(pilot, *keys)
            assert "[bold]bold[/]" in shown
            assert not any(character in shown for character in "\x1b\x07‮")


async def test_an_unexpected_error_is_shown_and_the_console_stays_up(
    gate: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(gate) as pilot:
        await press(pilot, "2")
        pilot.app.screen.read = lambda workspace: 1 / 0  # type: ignore[attr-defined]
        pilot.app.screen.reread()  # type: ignore[attr-defined]
        await await_text(pilot, "ZeroDivisionError")
        assert isinstance(pilot.app.screen, FaultDialog)
        assert "› Runs" in await press(pilot, "escape")


async def test_what_cannot_be_read_is_said_on_the_screen(gate: Workspace) -> None:
    async with console(gate, show=("run", "99")) as pilot:
        shown = text_of(pilot)
    assert "✗ there is no run 99" in shown
    assert "Run 99" in shown


async def test_the_palette_finds_acts_and_places(gate: Workspace) -> None:
    async with console(gate) as pilot:
        await press(pilot, "colon", *"audit")
        await pilot.pause(0.3)
        assert "Go to Audit" in text_of(pilot)
        await press(pilot, "enter")
        await pilot.pause(0.3)
        assert "› Audit" in text_of(pilot)


async def test_help_tells_the_keys_of_the_screen_one_came_from(gate: Workspace) -> None:
    async with console(gate, size=(100, 60)) as pilot:
        shown = await press(pilot, "2", "question_mark")
    assert "on Runs" in shown
    assert all(act.title in shown for act in ACTS.values())


@pytest.mark.parametrize("size", [(80, 24), (160, 48), (40, 10), (20, 5)])
async def test_every_size_is_painted(gate: Workspace, size: tuple[int, int]) -> None:
    async with console(gate, size=size) as pilot:
        for key in ("1", "2", "6"):
            shown = await press(pilot, key)
            assert not isinstance(pilot.app.screen, FaultDialog)
            assert shown.splitlines()[0].startswith("loans"[: size[0]])


async def test_outside_of_a_project_it_guides(tmp_path: Path) -> None:
    app = Doorway((), directory=tmp_path, problem="there is no project here")
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        shown = text_of(pilot)
    assert all(words in shown for words in ("there is no project here", "mltui demo", "mltui init"))


def test_without_a_terminal_it_says_how_to_go_on_and_ends_with_2(
    gate: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match="no terminal"):
        require_terminal()

    def console_of(folder: Path | None, directory: Path, show: tuple[str, str]) -> int:
        return open_console(folder, directory=directory, show=show)

    assert run_command(["--workspace", str(gate.folder)], open_console=console_of) == 2
    assert "mltui status" in capsys.readouterr().err


async def test_keys_that_come_before_a_screen_has_read_wait_for_it(gate: Workspace) -> None:
    """As over a slow link, where several come at once."""
    async with console(gate) as pilot:
        for key in ("2", "enter", "1", "4", "enter"):
            pilot.app.post_message(events.Key(key, None))
        await await_text(pilot, "› Releases › Release r1")


async def test_escape_waits_for_no_reading_and_forgets_what_does(gate: Workspace) -> None:
    async with console(gate) as pilot:
        for key in ("2", "enter", "escape"):
            pilot.app.post_message(events.Key(key, None))
        await pilot.pause(0.5)
        await settle(pilot)
        assert text_of(pilot).splitlines()[0].startswith("loans  › Overview  ")
