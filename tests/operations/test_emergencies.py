"""Breaking the glass: one approver alone, aloud, until another has seen it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from operations.gates import as_person, at_gate, write_policy

from mltui.errors import Refused, UsageError
from mltui.operations.environments.lock import lock
from mltui.operations.releases.acknowledge import acknowledge
from mltui.operations.releases.decide import Decision, approve
from mltui.operations.standing.overview import overview
from mltui.registry import approvals, events
from mltui.workspace import Workspace

REASON = "every third order is lost"


def break_glass(workspace: Workspace, login: str = "ann") -> Decision:
    return approve(as_person(workspace, login), 1, emergency=REASON)


def lock_it(workspace: Workspace) -> None:
    lock(workspace, "production", reason="incident 14")


def close_window(workspace: Workspace) -> None:
    path = workspace.folder / "policy.toml"
    path.write_text(path.read_text().replace('after = "staging"', 'after = "staging"\nwindow = "Tue 9-10 UTC"'))


def nothing(workspace: Workspace) -> None:
    """Two approvals are asked for, and ann asked for the run herself."""


@pytest.mark.parametrize("hinder", [nothing, lock_it, close_window])
def test_one_approver_breaks_the_glass_where_others_would_have_to_agree_or_to_wait(
    workspace: Workspace, hinder: Callable[[Workspace], None]
) -> None:
    write_policy(workspace, required=2)
    at_gate(workspace)
    hinder(workspace)
    with pytest.raises(Refused):
        approve(as_person(workspace, "ann"), 1)
    decision = break_glass(workspace)
    assert (decision.missing, decision.approval.emergency) == (0, REASON)


@pytest.mark.parametrize("login", ["dan", "eve"])
def test_who_is_no_approver_breaks_no_glass(workspace: Workspace, login: str) -> None:
    write_policy(workspace)
    at_gate(workspace)
    with pytest.raises(Refused) as raised:
        break_glass(workspace, login)
    assert raised.value.code in ("not_approver", "unknown_person")


def test_a_failed_check_and_an_inconclusive_one_hold_even_then(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace, failed=["accuracy floor"], inconclusive=["recall by sex"])
    with pytest.raises(Refused, match=r"accuracy floor: .*“recall by sex” is inconclusive"):
        break_glass(workspace)


def test_it_is_said_aloud_until_another_approver_has_seen_it(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    break_glass(workspace)
    (alarm,) = overview(workspace).alarms
    assert alarm.sentence == f"GLASS BROKEN by ann for v1: {REASON}"
    for login, code in (("ann", "own_emergency"), ("dan", "not_approver"), ("eve", "unknown_person")):
        with pytest.raises(Refused) as raised:
            acknowledge(as_person(workspace, login), "r1")
        assert raised.value.code == code
    with pytest.raises(Refused, match="ann broke the glass"):
        acknowledge(as_person(workspace, "bob", sudo_user="ann"), "r1")
    assert acknowledge(as_person(workspace, "bob"), "r1", comment="looked at it").person == "bob"
    assert overview(workspace).alarms == ()
    with pytest.raises(Refused, match="bob has acknowledged r1 already"):
        acknowledge(as_person(workspace, "cat"), "r1")


def test_it_is_on_record_with_its_reason(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    break_glass(workspace)
    acknowledge(as_person(workspace, "bob"), "r1")
    told = [str(each) for each in events.list_events(workspace.registry.read(), limit=20)]
    assert f"GLASS BROKEN for v1: {REASON}" in told
    assert "the emergency of r1 is acknowledged: seen" in told
    (approval,) = approvals.of_release(workspace.registry.read(), 1)
    assert approval.emergency == REASON


def test_a_usual_approval_needs_no_acknowledgement(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    approve(as_person(workspace, "bob"), 1)
    assert overview(workspace).alarms == ()
    with pytest.raises(Refused, match="r1 was no emergency"):
        acknowledge(as_person(workspace, "cat"), "r1")


@pytest.mark.parametrize("reason", ["", "  "])
def test_glass_that_is_broken_without_a_reason_approves_nothing(workspace: Workspace, reason: str) -> None:
    write_policy(workspace)
    at_gate(workspace)
    with pytest.raises(UsageError, match="needs a reason"):
        approve(as_person(workspace, "bob"), 1, emergency=reason)
    assert approvals.of_release(workspace.registry.read(), 1) == []
