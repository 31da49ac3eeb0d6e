"""Approve and reject by keys: refused before the dialog, bound to what was shown, told afterwards."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from operations.gates import NOW, as_person, at_gate, write_policy
from textual.pilot import Pilot
from textual.widgets import Input

from mltui.domain.release import ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.operations.releases.decide import approve
from mltui.operations.standing.state import release_state
from mltui.registry import events, releases, stages
from mltui.tui.dialogs.approve import ApproveDialog
from mltui.tui.dialogs.reject import RejectDialog
from mltui.workspace import Workspace
from tui.pilots import console, press, text_of

RELEASE = ("release", "r1")


def toasts(pilot: Pilot[Any]) -> list[str]:
    return [each.message for each in pilot.app._notifications]


async def await_text(pilot: Pilot[Any], words: str) -> None:
    """The registry is looked at four times a second."""
    until = time.monotonic() + 10
    while words not in text_of(pilot):
        assert time.monotonic() < until, text_of(pilot)
        await pilot.pause(0.02)


@pytest.fixture
def bob(workspace: Workspace) -> Workspace:
    write_policy(workspace)
    at_gate(workspace)
    return as_person(workspace, "bob")


async def test_the_version_s_name_is_typed_and_the_approval_binds_what_was_shown(bob: Workspace) -> None:
    sealed = release_state(bob, "r1").release.evidence
    async with console(bob, show=RELEASE) as pilot:
        shown = await press(pilot, "a")
        assert sealed in shown
        assert "v1 would go to production" in shown
        assert "that is not v1" in await press(pilot, "x", "enter")
        await press(pilot, "tab", *"fine", "enter")
        assert isinstance(pilot.app.screen, ApproveDialog)
        await press(pilot, "backspace", "v", "1", "enter")
        assert toasts(pilot) == ["v1 approved, it goes to production now"]
    (approval,) = release_state(bob, "r1").approvals
    assert (approval.person, approval.comment, approval.evidence) == ("bob", "fine", sealed)


async def test_the_name_is_all_that_an_approval_needs_and_is_asked_for_first(bob: Workspace) -> None:
    async with console(bob, show=RELEASE) as pilot:
        shown = await press(pilot, "a")
        assert shown.index("type v1 to approve it") < shown.index("a comment, for the record")
        await press(pilot, "v", "1", "enter")
    (approval,) = release_state(bob, "r1").approvals
    assert (approval.decision, approval.comment) == ("approved", "")


async def test_the_approvals_that_are_still_missing_are_told(workspace: Workspace) -> None:
    write_policy(workspace, required=2)
    at_gate(workspace)
    async with console(as_person(workspace, "bob"), show=RELEASE) as pilot:
        assert "2 approvals are missing, yours among them" in await press(pilot, "a")
        await press(pilot, "v", "1", "enter")
        assert toasts(pilot) == ["v1 approved, 1 more approval is missing"]
        await await_text(pilot, "bob has approved it already")


async def test_each_inconclusive_check_is_acknowledged_with_space(workspace: Workspace) -> None:
    write_policy(workspace)
    hostile = "[bold]accuracy\x1b[31m by sex"
    at_gate(workspace, inconclusive=[hostile, "recall"])
    report = {"inconclusive_rule": "hold", "checks": _sealed_checks(workspace)}
    _save_checks(workspace, report)
    async with console(as_person(workspace, "bob"), show=RELEASE) as pilot:
        shown = await press(pilot, "a")
        assert "[bold]accuracy␛[31m by sex" in shown
        assert "not acknowledged: [bold]accuracy␛[31m by sex" in await press(pilot, "enter")
        assert "▐ ▌ [bold]accuracy" in shown
        shown = await press(pilot, "space", "enter")
        assert "not acknowledged: recall" in shown
        assert "▐X▌ [bold]accuracy" in shown
        assert "▐ ▌ recall" in shown
        await press(pilot, "down", "space", "enter", "v", "1", "enter")
    (approval,) = release_state(workspace, "r1").approvals
    assert approval.acknowledged == (hostile, "recall")


async def test_who_may_not_approve_is_told_why_and_sees_no_dialog(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    async with console(as_person(workspace, "dan"), show=RELEASE) as pilot:
        await press(pilot, "a")
        await press(pilot, "x")
        assert not isinstance(pilot.app.screen, ApproveDialog | RejectDialog)
        assert [text.partition(" is refused: ")[0] for text in toasts(pilot)] == ["approving v1", "rejecting v1"]
        assert "dan is no approver of this gate" in toasts(pilot)[0]
    assert release_state(workspace, "r1").approvals == ()


async def test_of_two_who_confirm_at_once_the_second_is_told_and_one_event_is_left(bob: Workspace) -> None:
    async with console(bob, show=RELEASE) as pilot:
        await press(pilot, "a", "v", "1")
        approve(as_person(bob, "cat"), 1)
        await press(pilot, "enter")
        (toast,) = toasts(pilot)
    assert "r1 is running, it waits for no decision" in toast
    assert [each.actor for each in events.list_events(bob.registry.read(), kind="VersionApproved")] == ["cat"]


async def test_evidence_that_changed_behind_the_dialog_is_not_approved(bob: Workspace) -> None:
    async with console(bob, show=RELEASE) as pilot:
        await press(pilot, "a", "v", "1")
        evidence = bob.store.read_bytes(release_state(bob, "r1").release.evidence)
        other = bob.store.put_bytes(evidence + b" ")
        with bob.registry.write() as tx:
            releases.update(tx, 1, evidence=other)
        await press(pilot, "enter")
        assert "not the evidence that is sealed" in toasts(pilot)[0]
    assert release_state(bob, "r1").release.state is ReleaseState.WAITING_APPROVAL


async def test_a_rejection_needs_a_reason_which_is_kept_as_typed(bob: Workspace) -> None:
    async with console(bob, show=RELEASE) as pilot:
        assert "a rejection needs a reason" in await press(pilot, "x", "enter")
        pilot.app.screen.query_one(Input).value = "[red]worse\x1b[31m at night"
        await press(pilot, "enter")
        assert toasts(pilot) == ["v1 rejected, production stays as it is"]
        await await_text(pilot, "[red]worse␛[31m at night")
    assert release_state(bob, "r1").release.state is ReleaseState.REJECTED


async def test_esc_decides_nothing(bob: Workspace) -> None:
    async with console(bob, show=RELEASE) as pilot:
        await press(pilot, "a", "escape", "x", "n", "o", "escape")
        assert toasts(pilot) == []
    assert release_state(bob, "r1").approvals == ()


def _sealed_checks(workspace: Workspace) -> list[dict[str, Any]]:
    release = release_state(workspace, "r1").release
    checks: list[dict[str, Any]] = json.loads(workspace.store.read_bytes(release.evidence))["checks"]["checks"]
    return checks


def _save_checks(workspace: Workspace, report: dict[str, Any]) -> None:
    with workspace.registry.write() as tx:
        stages.save(tx, Stage(1, "checks", WorkState.SUCCEEDED, started_at=NOW, ended_at=NOW, data=report))
