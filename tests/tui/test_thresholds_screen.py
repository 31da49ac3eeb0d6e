"""The threshold explorer: what moves, what is only a what-if, and what is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from operations.gates import write_policy
from operations.test_compare import version
from textual.pilot import Pilot

from mltui.operations.releases.overtaken import overtaken_by_a_new_version
from mltui.operations.versions.thresholds import explore_thresholds
from mltui.tui.app import Console
from mltui.tui.screens.thresholds import ThresholdsScreen
from mltui.workspace import Workspace
from tui.pilots import SMALL, console, press, text_of
from tui.scene_once import copy_of_scene, opened_at_noon

WIDE = (140, 40)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = opened_at_noon(copy_of_scene(tmp_path_factory, tmp_path_factory.mktemp("explorer")))
    yield made
    made.close()


def rates(shown: str) -> dict[str, list[str]]:
    """Row → threshold, n, six rates, verdict."""
    rows = re.findall(r"│ [> ](all rows|dark|day|neon) +(.+?) *│", shown)
    return {name: cells.split() for name, cells in rows}


async def test_what_waits_for_a_decision_and_would_be_superseded_is_named_before_a_threshold_is_taken(
    scene: Workspace,
) -> None:
    async with console(scene, show=("thresholds", "v4")) as pilot:
        asked = " ".join((await press(pilot, "right", "K")).replace("│", " ").split())
    assert "! r5 of v5, which waits for a decision, is superseded by the new one's release." in asked
    policy = scene.folder / "policy.toml"
    before = policy.read_text()
    try:
        policy.write_text(before.replace('after = "staging"', 'after = "staging"\nnewer = "queues"'))
        assert overtaken_by_a_new_version(scene) == ()
        policy.write_text(before.replace('after = "staging"\n', ""))
        assert overtaken_by_a_new_version(scene) == (), "where nothing comes before, each stands for itself"
    finally:
        policy.write_text(before)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_all_rates_of_all_groups_move_at_once(scene: Workspace, size: tuple[int, int]) -> None:
    async with console(scene, show=("version", "v4"), size=size) as pilot:
        before = rates(await press(pilot, "T"))
        after = rates(await press(pilot, "right", "right", "greater_than_sign", "full_stop"))
        found = explore_thresholds(scene, "v4", attribute="lighting").rates.at(0.621)
        for name, each in zip(after, (found.overall, *found.groups), strict=True):
            assert after[name][:2] == ["0.621", str(each.n)]
            assert after[name][2:8] == [f"{value:.3f}" for value in each.rates.values()]
            assert (" ".join(after[name][8:]) or "") == each.verdict
        assert {name: cells[0] for name, cells in before.items()} == dict.fromkeys(after, "0.500")
        shown = text_of(pilot)
        assert "recall over the threshold" in shown
        assert "┊" in shown
        assert "K Take it" in shown
        other = rates(await press(pilot, "c"))["all rows"]
        assert "rates of burrito" in text_of(pilot)
        assert other[:2] == after["all rows"][:2]
        assert float(other[3]) == pytest.approx(1 - float(after["all rows"][4]), abs=0.001)
        assert "rates of burrito" not in await press(pilot, "c")
        assert "ROC" in await press(pilot, "l")
        assert "judged by false positive rate" in await press(pilot, "m")
        again = rates(await press(pilot, "r"))
        assert {name: cells[:8] for name, cells in again.items()} == {name: cells[:8] for name, cells in before.items()}
        assert set(rates(await press(pilot, *["less_than_sign"] * 7))["all rows"][:1]) == {"0.000"}


async def test_a_groups_own_threshold_is_a_what_if_that_cannot_be_taken(scene: Workspace) -> None:
    async with console(scene, show=("thresholds", "v4")) as pilot:
        before = rates(text_of(pilot))
        shown = await press(pilot, "down", "less_than_sign")
        after = rates(shown)
        assert "what if: no version can have this" in shown
        assert after["dark"][0] == "0.400"
        assert after["day"][:8] == before["day"][:8]
        assert "K Take it" not in shown
        assert "--apart dark=0.4" in _command(pilot)
        shown = await press(pilot, "K")
        assert isinstance(pilot.app.screen, ThresholdsScreen)
        assert "K Take it" in await press(pilot, "r")


def _command(pilot: Pilot[object]) -> str:
    assert isinstance(pilot.app, Console)
    return pilot.app.place.command if pilot.app.place is not None else ""


async def test_what_has_no_threshold_says_why(workspace: Workspace) -> None:
    write_policy(workspace)
    version(workspace, classes=("a", "b", "c"))
    version(workspace, task="regression", classes=())
    for screen in ("version", "bias"):
        async with console(workspace, show=(screen, "v2")) as pilot:
            place = pilot.app.place if isinstance(pilot.app, Console) else None
            assert place is not None
            assert place.refusal_of("thresholds") == "v2 has no threshold: it has not two classes"
    for name, problem in (("v1", "it tells 3 classes apart"), ("v2", "it is a regression")):
        async with console(workspace, show=("thresholds", name)) as pilot:
            assert problem in text_of(pilot)
            assert "← Lower" not in text_of(pilot)
            assert "K Take it" not in await press(pilot, "right", "down", "m", "l", "r", "]")


async def test_from_a_figure_the_explorer_begins_at_its_attribute_and_group(scene: Workspace) -> None:
    async with console(scene, show=("bias", "v4")) as pilot:
        shown = await press(pilot, "down", "T")
        screen = pilot.app.screen
        assert isinstance(screen, ThresholdsScreen)
        command = _command(pilot)
        attribute, group = screen._attribute, screen._group
        assert attribute
        assert f"by {attribute}" in shown
        assert f">{group}" in shown
        assert "version thresholds v4 --at" in command
