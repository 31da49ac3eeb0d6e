"""Locks and broken glass by keys: said on every screen until a person has dealt with them."""

from __future__ import annotations

import pytest
from operations.gates import as_person, at_gate, write_policy
from textual.widgets import Input

from mltui.operations.environments.lock import lock
from mltui.operations.releases.decide import approve
from mltui.registry import approvals, environments
from mltui.workspace import Workspace
from tui.pilots import console, press
from tui.test_decisions import await_text, toasts

RELEASE = ("release", "r1")
EVERYWHERE = [("overview", ""), ("runs", ""), ("versions", ""), ("releases", ""), ("environments", ""), ("audit", "")]


@pytest.fixture
def gate(workspace: Workspace) -> Workspace:
    write_policy(workspace)
    at_gate(workspace)
    return workspace


async def test_an_environment_is_locked_with_a_reason_and_unlocked(gate: Workspace) -> None:
    bob = as_person(gate, "bob")
    async with console(bob) as pilot:
        assert "Nothing is deployed to production from then on" in await press(pilot, "L")
        await press(pilot, "enter")
        assert pilot.app.screen.query(Input)
        await press(pilot, *"incident 14", "enter")
        await await_text(pilot, "! production LOCKED by bob: incident 14")
        assert environments.find(bob.registry.read(), "production").is_locked  # type: ignore[union-attr]
        assert "production may be deployed to again" in await press(pilot, "U")
        await press(pilot, "enter")
        assert toasts(pilot)[-1] == "production was locked by bob: incident 14"
        await pilot.pause(0.5)
        assert "LOCKED" not in await press(pilot, "1")


@pytest.mark.parametrize("show", [*EVERYWHERE, RELEASE], ids=lambda show: show[0])
async def test_it_is_said_on_every_screen(gate: Workspace, show: tuple[str, str]) -> None:
    lock(as_person(gate, "bob"), "production", reason="incident [red]14")
    approve(as_person(gate, "ann"), 1, emergency="every third order is lost")
    async with console(as_person(gate, "bob"), show=show) as pilot:
        await await_text(pilot, "! GLASS BROKEN by ann for v1: every third order is lost (+1)")


async def test_the_glass_is_broken_where_a_usual_approval_is_refused(gate: Workspace) -> None:
    ann = as_person(gate, "ann")
    async with console(ann, show=RELEASE) as pilot:
        await press(pilot, "G")
        await await_text(pilot, "Every screen says so until another approver has seen it.")
        assert "v1 would go to production" in await press(pilot, *"orders are lost", "enter")
        await press(pilot, "enter", "v", "1", "enter")
        assert toasts(pilot) == ["v1 approved, it goes to production now"]
    (approval,) = approvals.of_release(gate.registry.read(), 1)
    assert (approval.person, approval.emergency) == ("ann", "orders are lost")


@pytest.mark.parametrize(
    ("login", "told"), [("bob", "nothing hinders a usual approval"), ("dan", "dan is no approver of this gate")]
)
async def test_the_glass_stays_whole_where_it_need_not_or_may_not_be_broken(
    gate: Workspace, login: str, told: str
) -> None:
    async with console(as_person(gate, login), show=RELEASE) as pilot:
        await press(pilot, "G")
        assert told in toasts(pilot)[0]


async def test_another_approver_acknowledges_it(gate: Workspace) -> None:
    approve(as_person(gate, "ann"), 1, emergency="orders are lost")
    async with console(as_person(gate, "ann"), show=RELEASE) as pilot:
        assert "You have seen what was approved in r1" in await press(pilot, "A")
        await press(pilot, "enter")
        assert "ann broke the glass" in toasts(pilot)[0]
    async with console(as_person(gate, "bob"), show=RELEASE) as pilot:
        await await_text(pilot, "GLASS BROKEN")
        await press(pilot, "A")
        await press(pilot, *"seen", "enter")
        assert toasts(pilot) == ["the emergency of r1 is acknowledged"]
