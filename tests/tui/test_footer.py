"""The footer of a screen: what works now, and clicks."""

from __future__ import annotations

from mltui.tui.screens.help import HelpScreen
from mltui.workspace import Workspace
from tui.pilots import console, press, settle, text_of


async def test_a_click_on_an_item_presses_its_key(workspace: Workspace) -> None:
    async with console(workspace) as pilot:
        at = text_of(pilot).splitlines()[-1].index("? Help")
        await pilot.click("Footer", offset=(at, 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)


async def test_on_a_list_the_footer_ends_with_back_acts_help_and_quit(workspace: Workspace) -> None:
    async with console(workspace) as pilot:
        last = (await press(pilot, "2")).splitlines()[-1]
        assert last.endswith("esc Back  : Acts  ? Help  q Quit")
        assert last.startswith(" / Filter")


async def test_all_places_that_g_leads_to_fit_on_a_narrow_line(workspace: Workspace) -> None:
    async with console(workspace) as pilot:
        last = (await press(pilot, "g")).splitlines()[-1]
    assert last.split()[-2:] == ["b", "Bias"]


async def test_the_help_names_keys_as_the_footer_does_and_no_key_twice_on_a_screen(workspace: Workspace) -> None:
    async with console(workspace, show=("version", "v1"), size=(80, 100)) as pilot:
        shown = await press(pilot, "question_mark")
    own = shown[shown.index("on Version") : shown.index("go to")]
    keys = [line.strip("│ ").split("  ")[0] for line in own.splitlines()[1:] if line.strip("│ ")]
    assert "enter" in keys
    assert len(keys) == len(set(keys))
    assert "↑  k" in own
