"""Environments: what answers, and the history of one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from operations.gates import as_person, write_policy
from registry.registry_values import NOW, add_deployment, add_run, add_version, later

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.rollback import standing
from mltui.operations.standing.overview import overview
from mltui.registry import deployments, environments
from mltui.tui.presentation.environments import environment_cells, history_cells, place_lines
from mltui.tui.screens.environments import EnvironmentsScreen
from mltui.workspace import Workspace
from tui.pilots import console, press

REASON, SEEN = "[red]wrong\x1b[31m prices", "[red]wrong␛[31m prices"


@pytest.fixture
def bob(workspace: Workspace) -> Workspace:
    """v1 was withdrawn from production, v2 answers and is ill; staging never had anything."""
    write_policy(workspace)
    with workspace.registry.write() as tx:
        first = add_version(tx, run_id=add_run(tx).id)
        second = add_version(tx, run_id=add_run(tx).id)
        add_deployment(
            tx, version_id=first.id, live_from=later(-60), live_until=later(-30), is_baked=True,
            withdrawn_reason=REASON, state=DeploymentState.GONE,
        )  # fmt: skip
        live = add_deployment(tx, version_id=second.id, live_from=later(-30), state=DeploymentState.LIVE)
        ill = Environment(
            "production", live.id, endpoint="127.0.0.1:7000", smoked_at=NOW, is_smoke_green=False, smoke_failure=REASON
        )
        environments.save(tx, ill)
    return as_person(workspace, "bob")


async def test_an_ill_environment_says_since_when_why_and_what_can_be_done(bob: Workspace) -> None:
    async with console(bob) as pilot:
        shown = await press(pilot, "5")
    assert "production   ✗ ILL" in shown
    assert f"ill for 0 s: {SEEN}" in shown
    assert "b rolls back to the last known good version" in shown
    assert "endpoint http://127.0.0.1:7000" in shown
    assert "servers v2 (d2) 100 %" in shown


async def test_below_stands_the_history_of_the_one_under_the_cursor(bob: Workspace) -> None:
    async with console(bob) as pilot:
        shown = await press(pilot, "5", "tab", "down")
        assert f"d1 withdrawn: {SEEN}" in shown
        screen = pilot.app.screen
        assert isinstance(screen, EnvironmentsScreen)
        assert (screen.subject_of("version"), screen.subject_of("environment")) == ("v1", "production")
        other = await press(pilot, "shift+tab", "down")
        assert "nothing was ever released here" in other
        assert screen.subject_of("environment") == "staging"
        assert screen.command == "env show staging"


async def test_at_80_columns_no_name_and_no_word_is_cut(bob: Workspace) -> None:
    async with console(bob) as pilot:
        shown = await press(pilot, "5", "tab")
    rows = shown[: shown.index("╭")] + shown[shown.rindex("╯") :]
    assert "…" not in rows
    assert "! withdrawn" in rows


async def test_who_may_not_decide_is_told_before_any_key(bob: Workspace) -> None:
    async with console(as_person(bob, "mallory")) as pilot:
        words = " ".join((await press(pilot, "5")).replace("│", " ").split())
    assert "you may look, not decide: the login mallory, which belongs to no operator in the policy" in words
    assert "may not decide" in words.split("╭")[0]


async def test_an_unreadable_policy_leaves_what_the_registry_knows(bob: Workspace) -> None:
    (bob.folder / "policy.toml").write_text("[[")
    async with console(bob) as pilot:
        shown = await press(pilot, "5")
    assert "the policy cannot be read" in shown
    assert "production" in shown
    assert "d2" in shown


def test_a_row_tells_health_and_who_gets_the_requests(bob: Workspace) -> None:
    place = overview(bob).environments[0]
    told = [getattr(cell, "plain", cell) for cell in environment_cells(place, NOW, width=120)]
    assert told == ["production", "✗ ILL", "v2", "30 s", "just now", "v2 100 %", "127.0.0.1:7000"]
    stopped = replace(place, health="stopped", live=None, stopped_at=later(-5), weights=())
    assert place_lines(stopped, NOW, width=76)[0].plain == "■ answers 503 for 5 s; R starts the answers from v2 again"


def test_a_deployment_is_good_by_its_place_and_withdrawn_by_itself(bob: Workspace) -> None:
    known = deployments.of_environment(bob.registry.read(), "production")
    standings = standing(known)
    first, second = (
        [getattr(c, "plain", c) for c in history_cells(each, standings[each.id], NOW, width=120)] for each in known
    )
    assert first == ["d1", "v1", "· gone", "–", "1 min", "30 s", f"! withdrawn: {SEEN}"]
    assert second == ["d2", "v2", "✓ live", "–", "30 s", "30 s", "· not proven"]
