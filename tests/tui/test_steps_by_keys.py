"""A release that waits in a step of its traffic: it is seen, and an approver lets it go on by a key."""

from __future__ import annotations

import pytest
from operations.gates import as_person, at_gate, write_policy
from registry.registry_values import later

from mltui.domain.deployment import Environment
from mltui.domain.release import ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.errors import Refused
from mltui.operations.releases.continue_release import continue_release
from mltui.operations.standing.state import workspace_state
from mltui.registry import environments, events, releases, stages
from mltui.workspace import Workspace
from tui.pilots import console, press
from tui.test_decisions import await_text, toasts

WORDS = "step 2 of 3, 25 %: waits for a person: 31 of 50 requests"
ROLLOUT = {
    "step": 2, "steps": [5, 25, 100], "began_at": "2026-11-23T09:00:00+00:00", "seconds": 600, "state": "held",
    "requests": 31, "least_requests": 50, "sentence": "31 of 50 requests",
}  # fmt: skip


@pytest.fixture
def held(workspace: Workspace) -> Workspace:
    write_policy(workspace)
    at_gate(workspace)
    show(workspace, ROLLOUT)
    return workspace


def show(workspace: Workspace, rollout: dict[str, object]) -> None:
    with workspace.registry.write() as tx:
        releases.update(tx, 1, state=ReleaseState.RUNNING)
        stages.save(tx, Stage(1, "approval", WorkState.SUCCEEDED))
        stages.save(
            tx, Stage(1, "production", WorkState.RUNNING, started_at=workspace.now(), data={"rollout": rollout})
        )


async def test_it_is_seen_and_goes_on_by_a_key(held: Workspace) -> None:
    async with console(as_person(held, "bob"), show=("release", "r1")) as pilot:
        await await_text(pilot, f"? {WORDS}")
        await await_text(pilot, "o Go on")
        assert "gets more of the traffic all the same" in await press(pilot, "o")
        await press(pilot, "enter")
        assert toasts(pilot) == ["r1 goes on"]
    (event,) = events.list_events(held.registry.read(), kind="TrafficStepContinued", limit=5)
    assert (event.data["step"], event.data["stage"], event.data["person"]) == (2, "production", "bob")
    assert {name: each.words for name, each in workspace_state(held).steps.items()} == {"r1": WORDS}
    with pytest.raises(Refused, match="somebody let r1 go on already"):
        continue_release(as_person(held, "ann"), "r1")


async def test_its_environment_tells_the_step_and_lets_it_go_on(held: Workspace) -> None:
    with held.registry.write() as tx:
        environments.save(tx, Environment("production"))
    async with console(as_person(held, "bob"), show=("environments", ""), size=(120, 40)) as pilot:
        await await_text(pilot, f"? r1 with v1: {WORDS}; o lets it go on")
        await await_text(pilot, "o Go on")
        show(held, ROLLOUT | {"state": "running", "sentence": "", "began_at": later(1).isoformat()})
        await await_text(pilot, "… r1 with v1: step 2 of 3, 25 %: 31 of 50 requests; compared in 10 min")
        assert "o Go on" not in await press(pilot, "o")


async def test_a_step_under_way_is_seen_and_asks_nobody(held: Workspace) -> None:
    show(held, ROLLOUT | {"state": "running", "sentence": ""})
    async with console(as_person(held, "bob"), show=("release", "r1")) as pilot:
        await await_text(pilot, "… step 2 of 3, 25 %: 31 of 50 requests")
        assert "o Go on" not in await press(pilot, "o")
    with pytest.raises(Refused, match="waits for nobody"):
        continue_release(as_person(held, "bob"), "r1")


def test_only_an_approver_lets_it_go_on(held: Workspace) -> None:
    with pytest.raises(Refused, match="dan is no approver of this gate"):
        continue_release(as_person(held, "dan"), "r1")
