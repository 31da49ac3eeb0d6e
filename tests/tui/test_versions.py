"""Versions: sorted, filtered, marked, compared, told as commands, noted."""

from __future__ import annotations

import shlex

import pytest
from operations.gates import at_gate
from operations.test_compare import version
from registry.registry_values import NOW, add_deployment, add_release, add_run, add_version
from rich.text import Text

from mltui.cli.parser import parse
from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.release import ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.operations.standing.browse import list_versions
from mltui.operations.standing.state import version_state
from mltui.operations.versions.answer_changes import KEY
from mltui.operations.versions.note import add_note
from mltui.registry import environments, stages
from mltui.tui.dialogs.commands import CommandsDialog
from mltui.tui.presentation.versions import Live, sorts_of, version_cells
from mltui.tui.screens.versions import VersionsScreen
from mltui.tui.widgets.rows import Rows
from mltui.workspace import Workspace
from tui.pilots import LARGE, console, press, text_of
from tui.versions_at_hand import three_versions, told


@pytest.fixture
def versions(workspace: Workspace) -> Workspace:
    three_versions(workspace)
    return workspace


def row(shown: str, name: str) -> str:
    return next(line for line in shown.splitlines()[2:] if name in line.split()[:2] or f"▌{name}" in line.split()[:1])


def order(shown: str) -> list[str]:
    words = [line.replace("▌", " ").replace("◆", " ").split()[:1] for line in shown.splitlines()[3:7]]
    return [word[0] for word in words if word and word[0].startswith("v")]


async def test_each_version_stands_beside_production(versions: Workspace) -> None:
    async with console(versions, show=("versions", ""), size=LARGE) as pilot:
        shown = text_of(pilot)
    assert "✓ production" in row(shown, "v1")
    assert "better" not in row(shown, "v1")
    assert "0.9000  +0.1500 better" in row(shown, "v2")
    assert "0.5000  -0.2500 worse" in row(shown, "v3")


@pytest.mark.parametrize(
    ("interval", "seen"), [((0.7, 0.9), "-0.1000"), ((0.7, 0.89), "-0.1000 worse"), (None, "-0.1000 worse")]
)
def test_what_is_within_noise_is_neither_better_nor_worse(
    workspace: Workspace, interval: tuple[float, float] | None, seen: str
) -> None:
    intervals = {} if interval is None else {"accuracy": interval}
    with workspace.registry.write() as tx:
        run = add_run(tx)
        add_version(tx, run_id=run.id, metrics={"accuracy": 0.8}, intervals=intervals)
    (row,) = list_versions(workspace)
    cells = version_cells(
        row,
        metric="accuracy",
        live=Live(1, {"accuracy": 0.9}),
        goal="production",
        is_marked=False,
        is_filtered=False,
        now=NOW,
        width=80,
    )
    assert isinstance(cells[2], Text)
    assert cells[2].plain == seen


@pytest.mark.parametrize("width", [40, 80, 120, 160])
async def test_no_row_is_wider_than_the_terminal(versions: Workspace, width: int) -> None:
    async with console(versions, show=("versions", ""), size=(width, 24)) as pilot:
        assert all(len(line) <= width for line in text_of(pilot).splitlines())
        assert order(text_of(pilot)) == ["v3", "v2", "v1"]


async def test_s_goes_through_age_and_the_metrics_and_the_title_says_which(versions: Workspace) -> None:
    async with console(versions, show=("versions", "")) as pilot:
        assert "Versions by age" in text_of(pilot)
        assert order(text_of(pilot)) == ["v3", "v2", "v1"]
        shown = await press(pilot, "s")
        assert "Versions by accuracy" in shown
        assert order(shown) == ["v2", "v1", "v3"]
        shown = await press(pilot, "s")
        assert "LOG_LOSS ▾" in shown
        assert order(shown) == ["v1", "v3", "v2"]
        assert "Versions by age" in await press(pilot, "s")


def test_a_metric_that_nobody_knows_is_no_way_to_sort() -> None:
    assert sorts_of("accuracy", ["log_loss", "accuracy", "made_up", 'recall:a"b', "log_loss"]) == (
        None,
        "accuracy",
        "log_loss",
    )


async def test_a_filter_leaves_what_matches(versions: Workspace) -> None:
    async with console(versions, show=("versions", "")) as pilot:
        shown = await press(pilot, "slash", "v", "2")
        assert order(shown) == ["v2"]
        assert "filter v2" in shown


async def test_a_filter_shows_what_it_found_at_80_columns_too(versions: Workspace) -> None:
    add_note(versions, "v3", "night photographs, many too dark")
    async with console(versions, show=("versions", "")) as pilot:
        shown = await press(pilot, "slash", *"nig")
        assert "FOUND IN" in shown
        assert row(shown, "v3").endswith("note: night p…") or "note: night photo" in row(shown, "v3")
        assert "FOUND IN" not in await press(pilot, "escape")


async def test_d_compares_with_production_or_with_the_marked_one(versions: Workspace) -> None:
    async with console(versions, show=("versions", "")) as pilot:
        assert "Compare v3 v1" in await press(pilot, "d")
        shown = await press(pilot, "escape", "down", "space", "up")
        assert "◆ v2" in shown
        assert "Compare v3 v2" in await press(pilot, "d")
        await press(pilot, "escape", "down", "d")
        assert "v2 is what is marked" in told(pilot)
        assert isinstance(pilot.app.screen, VersionsScreen)


async def test_d_on_what_is_in_production_compares_it_with_what_it_replaced(versions: Workspace) -> None:
    async with console(versions, show=("version", "v1")) as pilot:
        await press(pilot, "d")
        assert "v1 is what is in production, and nothing was before it" in told(pilot)
    with versions.registry.write() as tx:
        again = add_deployment(tx, version_id=2, live_from=NOW)
        environments.save(tx, Environment("production", again.id))
    async with console(versions, show=("version", "v2")) as pilot:
        assert "Compare v2 v1" in await press(pilot, "d")


async def test_the_command_of_what_is_under_the_cursor_is_shown_and_copied(versions: Workspace) -> None:
    async with console(versions, show=("versions", "")) as pilot:
        shown = await press(pilot, "s", "C")
        assert "this screen" in shown
        assert "Compare v3" in shown
        await press(pilot, "enter")
        flags = ["--workspace", str(versions.folder)]
        assert shlex.split(pilot.app.clipboard) == ["mltui", "--batch", *flags, "version", "list", "--sort", "accuracy"]


async def test_a_note_is_asked_for_and_kept_and_an_empty_one_is_not(versions: Workspace) -> None:
    async with console(versions, show=("versions", "")) as pilot:
        assert "cannot be empty" in await press(pilot, "n", "enter")
        await press(pilot, "escape", "n", *"dusk", "enter")
    assert [note.text for note in version_state(versions, "v3").notes] == ["dusk"]


async def test_the_cursor_stays_on_its_version_when_the_order_changes(versions: Workspace) -> None:
    async with console(versions, show=("versions", "")) as pilot:
        await press(pilot, "down", "s")
        assert pilot.app.screen.query_one(Rows).current == "v2"


async def test_a_long_list_is_whole_in_each_order(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        run = add_run(tx).id
        for number in range(350):
            add_version(tx, run_id=run, metrics={"accuracy": number / 1000})
    async with console(workspace, show=("versions", "")) as pilot:
        assert order(text_of(pilot))[0] == "v350"
        assert "v1 " in await press(pilot, "end")
        shown = await press(pilot, "s")
        rows = pilot.app.screen.query_one(Rows)
        assert rows.current == "v1"
        assert "v2 " in shown
        await press(pilot, "home")
        assert rows.current == "v350"


@pytest.mark.parametrize("screen", ["overview", "runs", "versions", "releases", "environments", "audit", "version v1"])
async def test_every_command_that_is_shown_can_be_called(versions: Workspace, screen: str) -> None:
    at_gate(versions)
    name, _, subject = screen.partition(" ")
    async with console(versions, show=(name, subject)) as pilot:
        await press(pilot, "C")
        dialog = pilot.app.screen
        assert isinstance(dialog, CommandsDialog)
        commands = [command for _, command in dialog.commands]
    assert commands
    for command in commands:
        parse(shlex.split(command)[1:])


async def test_a_threshold_that_was_set_stands_beside_the_version(workspace: Workspace) -> None:
    made = version(workspace, parameters={"evaluate": {"parameters": {"threshold": 0.62}}})
    async with console(workspace, show=("versions", "")) as pilot:
        assert f"v{made.id} ≥0.62" in text_of(pilot)


async def test_in_80_columns_the_commit_and_who_is_harmed_give_way_and_no_figure_does(workspace: Workspace) -> None:
    three_versions(workspace)
    parameters = {"evaluate": {"parameters": {"threshold": 0.9}}}
    made = version(workspace, metrics={"accuracy": 0.7123}, parameters=parameters, intervals={})
    compared = {"attribute": "sex", "effect": "worse", "change": {"before": 0.9, "after": 0.6}}
    groups = [{**compared, "group": name} for name in ("a rather long name", "another")]
    with workspace.registry.write() as tx:
        opened = add_release(tx, version_id=made.id, state=ReleaseState.WAITING_APPROVAL, waiting_since=NOW)
        data = {KEY: {"production": 1, "changes": {"metric": "accuracy", "groups": groups}}}
        stages.save(tx, Stage(opened.id, "checks", WorkState.SUCCEEDED, started_at=NOW, ended_at=NOW, data=data))
        there = add_deployment(tx, version_id=made.id, environment="staging", state=DeploymentState.LIVE, live_from=NOW)
        environments.save(tx, Environment("staging", there.id))
    async with console(workspace, show=("versions", "")) as pilot:
        shown = row(text_of(pilot), "v4")
    for cell in ("v4 ≥0.9", " 0.7123 ", "✗ harms +1 ", " staging ", "? waits ", " ccccccc"):
        assert cell in f"{shown} ", cell
    assert "cccccccc" not in shown
    async with console(workspace, show=("versions", ""), size=LARGE) as pilot:
        assert "✗ harms a rather long… +1" in row(text_of(pilot), "v4")
