"""Why an act would be refused is told before it is asked for: it is not in the footer, and the palette says why."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from operations.gates import as_person, at_gate, write_policy
from registry.registry_values import NOW, add_deployment, add_run, add_version

from mltui.domain.deployment import Deployment, DeploymentState, Environment, Share
from mltui.domain.run import WorkState
from mltui.operations.standing.overview import overview
from mltui.registry import deployments, environments
from mltui.tui.presentation.refusal import refusal, role_words
from mltui.workspace import Workspace
from tui.pilots import console, press, text_of


@pytest.fixture
def gate(workspace: Workspace) -> Workspace:
    write_policy(workspace)
    at_gate(workspace)
    return workspace


async def test_a_person_without_a_role_reads_why_before_any_key(gate: Workspace) -> None:
    async with console(as_person(gate, "mallory"), show=("releases", ""), size=(120, 40)) as pilot:
        assert "may not decide" in text_of(pilot)
        assert "Approve" not in text_of(pilot).splitlines()[-1]
        await press(pilot, "colon", *"approve")
        until = time.monotonic() + 10
        while "key a: ✗ the login belongs to no operator in the policy" not in text_of(pilot):
            assert time.monotonic() < until, text_of(pilot)
            await pilot.pause(0.02)


async def test_an_approver_sees_the_act_in_the_footer(gate: Workspace) -> None:
    async with console(as_person(gate, "bob"), show=("releases", "")) as pilot:
        assert "a Approve" in text_of(pilot).splitlines()[-1]


def test_what_the_policy_does_not_restrict_is_refused_to_nobody(gate: Workspace) -> None:
    found = overview(as_person(gate, "mallory"))
    assert role_words(found).startswith("you may look, not decide: ")
    for act, subject in (("train", ""), ("note", "v1"), ("release_version", "v1"), ("resume", "1"), ("compare", "v1")):
        assert refusal(found, act, subject) == ""


def test_what_stands_against_an_act_is_a_sentence(gate: Workspace) -> None:
    found = overview(as_person(gate, "bob"))
    assert role_words(found) == ""
    assert refusal(found, "approve", "r1") == ""
    assert refusal(found, "approve", "r9") == "r9 waits for no decision"
    assert refusal(found, "start", "production") == "nothing was ever live in production"
    assert refusal(replace(found, queued=0, running=()), "cancel", "1") == "run 1 is over"
    assert refusal(replace(found, queued=1), "cancel", "1") == ""


@pytest.mark.parametrize("state", ["running", "succeeded"])
async def test_the_footer_of_a_run_has_what_its_state_lets_be_done(workspace: Workspace, state: str) -> None:
    with workspace.registry.write() as tx:
        run = add_run(tx, state=WorkState(state))
    async with console(workspace, show=("run", str(run.id)), size=(120, 40)) as pilot:
        footer = text_of(pilot).splitlines()[-1]
    assert ("c Cancel" in footer) == (state == "running")
    assert "e Resume" not in footer


def _live(workspace: Workspace, **facts: bool) -> Deployment:
    """A new version that takes the place of what is live in production."""
    with workspace.registry.write() as tx:
        for before in deployments.live(tx):
            deployments.update(tx, before.id, state=DeploymentState.COLD, live_until=NOW, **facts)
        fresh = add_deployment(
            tx, version_id=add_version(tx).id, state=DeploymentState.LIVE, live_from=NOW, is_baked=True
        )
        environments.save(tx, Environment("production", fresh.id, smoked_at=NOW, is_smoke_green=True))
    return fresh


async def test_a_rollback_stands_in_the_footer_where_there_is_something_to_go_back_to(workspace: Workspace) -> None:
    for facts, is_there in (({}, False), ({"is_baked": False}, False), ({}, True)):
        last = _live(workspace, **facts)
        assert (refusal(overview(workspace), "roll_back", "production") == "") == is_there
        async with console(workspace, show=("environments", ""), size=(120, 40)) as pilot:
            assert ("b Roll back" in text_of(pilot).splitlines()[-1]) == is_there
    with workspace.registry.write() as tx:
        shares = (Share(last.id, 90), Share(last.id - 1, 10))
        environments.save(tx, Environment("production", last.id, shares=shares))
        for each in deployments.of_environment(tx, "production")[:-1]:
            deployments.update(tx, each.id, is_baked=False)
    assert refusal(overview(workspace), "roll_back", "production") == "", "the live one gets all the traffic back"
