"""One version: its parts, what is switched, and what it misses."""

from __future__ import annotations

import pytest
from operations.gates import at_gate, write_policy
from operations.test_compare import version
from textual.containers import Vertical

from mltui.cli.commands.version_page import version_lines
from mltui.domain.model_card import ModelCard
from mltui.domain.names import data_name
from mltui.domain.worst_first import most_telling
from mltui.operations.standing.state import version_state
from mltui.operations.versions.note import add_note
from mltui.tui.presentation.version import groups_title
from mltui.tui.presentation.wrapping import folded
from mltui.tui.screens.version import VersionScreen
from mltui.workspace import Workspace
from tui.pilots import LARGE, console, press
from tui.versions_at_hand import HOSTILE, group, painted, three_versions

TALL = (80, 120)


@pytest.fixture
def versions(workspace: Workspace) -> Workspace:
    three_versions(workspace)
    return workspace


async def test_all_parts_are_there_in_their_order(versions: Workspace) -> None:
    add_note(versions, "v2", HOSTILE)
    async with console(versions, show=("version", "v2"), size=TALL) as pilot:
        shown = await painted(pilot)
    titles = (
        "metrics",
        "bias by",
        "confusion matrix",
        "learning curve",
        "lineage",
        "smoke cases",
        "profile",
        "notes",
        "releases",
    )
    places = [shown.index(f"╭─ {title}") for title in titles]
    assert places == sorted(places)
    assert "accuracy  0.9000  0.8500 to 0.9500  ▲ +0.1500 better" in shown
    assert "200 rows that both were evaluated on" in shown
    assert "from run 2" in shown
    assert "[bold]bold[/]" in shown
    assert "\x1b" not in shown


async def test_a_broken_report_of_its_data_is_told_and_the_rest_still_opens(workspace: Workspace) -> None:
    made = version(workspace, data_report={"bias": {"groups": [{"group": {"sex": "f"}, "splits": "many"}]}})
    async with console(workspace, show=("version", f"v{made.id}"), size=TALL) as pilot:
        shown = " ".join((await painted(pilot)).replace("│", " ").split())
    assert f"✗ what v{made.id} says of its data cannot be read" in shown
    assert "lineage" in shown
    lines = version_lines(version_state(workspace, f"v{made.id}"), card=ModelCard(), now=workspace.now())
    assert any("cannot be read" in line for line in lines)


async def test_what_is_in_production_is_compared_with_nothing(versions: Workspace) -> None:
    async with console(versions, show=("version", "v1"), size=TALL) as pilot:
        shown = await painted(pilot)
    assert "live in production" in shown
    assert "this is what answers in production" in shown


async def test_the_data_it_was_trained_on_stands_in_its_head(versions: Workspace) -> None:
    async with console(versions, show=("version", "v1")) as pilot:
        head = (await painted(pilot)).split("╭─ metrics")[0]
    assert f"trained on {data_name(version_state(versions, 'v1').version.data)}" in head


async def test_brackets_m_and_l_turn_what_is_shown(versions: Workspace) -> None:
    async with console(versions, show=("version", "v2"), size=TALL) as pilot:
        assert "bias by lighting (1 of 1), recall (1 of 1)" in await painted(pilot)
        assert "learning curve: loss" in await painted(pilot)
        assert "learning curve: accuracy" in await press(pilot, "l", "]", "m", "[")


async def test_enter_and_r_lead_to_its_release_and_its_run(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    async with console(workspace, show=("version", "v1")) as pilot:
        assert "Version v1 › Release r1" in await press(pilot, "enter")
        assert "Version v1 › Run 1" in await press(pilot, "escape", "r")


async def test_tab_brings_the_next_part_to_the_top(versions: Workspace) -> None:
    async with console(versions, show=("version", "v2")) as pilot:
        assert "╭─ metrics" in (await press(pilot, "tab")).splitlines()[2]
        assert "╭─ bias" in (await press(pilot, "tab")).splitlines()[2]
        assert "╭─ metrics" in (await press(pilot, "shift+tab")).splitlines()[2]


async def test_there_are_two_columns_where_there_is_room(versions: Workspace) -> None:
    async with console(versions, show=("version", "v2"), size=LARGE) as pilot:
        left, right = pilot.app.screen.query(Vertical)
        assert left.region.y == right.region.y
        assert left.region.right <= right.region.x
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert left.region.bottom <= right.region.y


async def test_an_old_row_says_what_it_misses_and_foreign_text_is_literal(versions: Workspace) -> None:
    async with console(versions, show=("version", "v3"), size=TALL) as pilot:
        shown = await painted(pilot)
    assert "no learning curve was recorded" in shown
    assert "[bold]a" in shown
    assert "␛[31mred" in shown
    assert "\x1b" not in shown


async def test_a_version_that_is_not_there_leaves_the_screen_up(versions: Workspace) -> None:
    for subject, problem in (("v99", "there is no version v99"), ("vv", "“vv” is not the name of a version")):
        async with console(versions, show=("version", subject)) as pilot:
            assert isinstance(pilot.app.screen, VersionScreen)
            assert problem in await painted(pilot)


def test_the_breakdown_begins_where_it_is_worst() -> None:
    harmed, worst = (group("b", 0.6, "outside", ratio=0.7), group("c", 0.5, "outside", metric="recall", ratio=0.6))
    groups = [group("a", 0.9, "outside", ratio=1.4), group("d", 0.7), harmed, worst]
    assert most_telling(groups) is worst
    assert most_telling([]) is None
    assert groups_title(groups, ("sex", "recall")) == "bias by sex (1 of 1), recall (2 of 2)"


@pytest.mark.parametrize("width", [2, 7, 30])
def test_folded_lines_lose_nothing_and_fit(width: int) -> None:
    text = "one two threefourfivesix seven"
    lines = folded(text, width, most=100)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= width for line in lines)


def test_a_line_without_end_is_cut() -> None:
    lines = folded("x" * 100_000, 20)
    assert len(lines) <= 12
    assert lines[-1].endswith("…")
