from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mltui.domain.approval import (
    CurrentFacts,
    People,
    Refusal,
    approval_refusals,
    approvals_missing,
    decision_note,
    deploy_refusals,
    is_expired,
    package_digest,
    people_behind_approvals,
    rejection_refusals,
    require_no_refusal,
)
from mltui.domain.checks import CheckResult, GateReport, Verdict
from mltui.domain.passable import unsatisfiable
from mltui.domain.policy import Gate, Operator
from mltui.domain.release import Approval, Release, ReleaseState
from mltui.errors import Refused

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GATE = Gate(approvers=("alice", "bob"))
FACTS = CurrentFacts(version=7, package="p1", gate="g1", data="d1", evidence="e1")
RELEASE = Release(
    id=12,
    version_id=7,
    environment="production",
    state=ReleaseState.WAITING_APPROVAL,
    opened_at=NOW - timedelta(hours=2),
    opened_by="carol",
    package="p1",
    gate="g1",
    evidence="e1",
    waiting_since=NOW - timedelta(hours=1),
)
CLEAN = GateReport((CheckResult("accuracy floor", Verdict.PASSED, 0.9, "", None, ""),))
UNCLEAR = GateReport((*CLEAN.checks, CheckResult("recall by sex", Verdict.INCONCLUSIVE, None, "", None, "too few")))
APPROVAL = Approval(
    release_id=12,
    person="alice",
    login="al",
    decision="approved",
    comment="",
    at=NOW,
    version_id=7,
    package="p1",
    gate="g1",
    data="d1",
    evidence="e1",
)


PEOPLE = People(actor="alice", behind=frozenset({"alice"}), requesters=frozenset({"carol"}), author="carol")


def refusals(release: Release = RELEASE, **changes: Any) -> list[str]:
    """Codes of what stands against an approval that is good but for the changes."""
    people = {name: changes.pop(name) for name in PEOPLE.__slots__ if name in changes}
    known: dict[str, Any] = {
        "people": replace(PEOPLE, **people),
        "gate": GATE,
        "report": CLEAN,
        "acknowledged": (),
        "current": FACTS,
        "given_evidence": "e1",
        "now": NOW,
        "sealed_data": "d1",
    }
    return [refusal.code for refusal in approval_refusals(release, **(known | changes))]


def test_an_approver_may_approve_what_somebody_else_made() -> None:
    assert refusals() == []
    assert refusals(given_evidence=None, sealed_data=None) == []


@pytest.mark.parametrize("state", [state for state in ReleaseState if state is not ReleaseState.WAITING_APPROVAL])
def test_a_release_that_waits_for_nothing_cannot_be_decided(state: ReleaseState) -> None:
    over = replace(RELEASE, state=state)
    assert refusals(over, actor="unknown", given_evidence="other") == ["not_waiting"]
    assert [one.code for one in rejection_refusals(over, actor_person="alice", gate=GATE)] == ["not_waiting"]


def test_only_an_approver_that_the_policy_knows_may_decide() -> None:
    nobody = frozenset[str]()
    assert refusals(actor="unknown", behind=nobody) == ["unknown_person"]
    assert refusals(actor="unknown", behind=nobody, author="unknown", requesters=nobody) == ["unknown_person"]
    assert refusals(actor="dave") == ["not_approver"]
    assert [one.code for one in rejection_refusals(RELEASE, actor_person="dave", gate=GATE)] == ["not_approver"]


@pytest.mark.parametrize(
    "making",
    [
        {"requesters": frozenset({"alice"})},
        {"author": "alice"},
        {"requesters": frozenset({"carol", "alice"})},
        {"behind": frozenset({"alice", "carol"})},
        {"openers": frozenset({"alice"})},
    ],
    ids=["asked", "wrote", "asked by sudo", "decides by sudo", "opened"],
)
def test_who_asked_for_the_run_wrote_the_commit_or_opened_the_release_may_not_approve_it(
    making: dict[str, Any],
) -> None:
    assert refusals(**making) == ["self_approval"]
    assert refusals(**making, gate=replace(GATE, self_approval=True)) == []
    assert rejection_refusals(RELEASE, actor_person="alice", gate=GATE) == []


def test_an_unknown_author_hinders_no_known_approver() -> None:
    assert refusals(author="unknown") == []


OPERATORS = {"alice": Operator("al"), "bob": Operator("bo")}
BOB = replace(APPROVAL, person="bob", login="bo")
ALICE_AS_BOB = replace(BOB, login="bo (sudo by al)")


@pytest.mark.parametrize("earlier", [APPROVAL, ALICE_AS_BOB], ids=["as herself", "as bob by sudo"])
def test_one_person_approves_once_by_whatever_login(earlier: Approval) -> None:
    approved = people_behind_approvals([earlier], OPERATORS)
    assert refusals(approved=approved) == ["already_approved"]
    assert refusals(actor="bob", behind=frozenset({"bob", "alice"}), approved=approved) == ["already_approved"]


def test_approvals_of_others_and_rejections_leave_a_person_free_to_approve() -> None:
    assert refusals(approved=people_behind_approvals([BOB], OPERATORS)) == []
    assert people_behind_approvals([replace(APPROVAL, decision="rejected")], OPERATORS) == frozenset()


def test_two_approvals_with_one_person_behind_them_are_one() -> None:
    two = replace(GATE, required=2)
    assert approvals_missing([APPROVAL, BOB], two, OPERATORS) == 0
    assert approvals_missing([APPROVAL, ALICE_AS_BOB], two, OPERATORS) == 1
    assert approvals_missing([ALICE_AS_BOB, APPROVAL], two, OPERATORS) == 1


def test_evidence_that_differs_from_what_was_seen_is_refused() -> None:
    assert refusals(given_evidence="e2") == ["evidence_differs"]
    unsealed = replace(RELEASE, evidence="")
    assert refusals(unsealed, current=replace(FACTS, evidence=""), given_evidence=None) == ["not_sealed"]


ANOTHER: Mapping[str, Any] = {"version": 8, "package": "p2", "gate": "g2", "data": "d2", "evidence": "e2"}


@pytest.mark.parametrize("fact", ANOTHER)
def test_a_change_since_the_gate_was_reached_is_refused_by_name(fact: str) -> None:
    assert refusals(current=replace(FACTS, **{fact: ANOTHER[fact]})) == [f"{fact}_changed"]


@pytest.mark.parametrize("fact", ANOTHER)
def test_a_change_after_the_approval_forbids_the_deploy_by_name(fact: str) -> None:
    assert deploys(APPROVAL, current=replace(FACTS, **{fact: ANOTHER[fact]})) == [f"{fact}_changed"]


def test_each_inconclusive_check_is_acknowledged_by_its_name_and_nothing_else_is() -> None:
    assert refusals(report=UNCLEAR) == ["not_acknowledged"]
    assert refusals(report=UNCLEAR, acknowledged=("recall by sex",)) == []
    assert refusals(report=UNCLEAR, acknowledged=("recall",)) == ["not_acknowledged", "nothing_to_acknowledge"]
    assert refusals(acknowledged=("accuracy floor",)) == ["nothing_to_acknowledge"]


def test_a_failed_check_cannot_be_approved_away() -> None:
    assert refusals(report=replace(UNCLEAR, inconclusive_rule="block")) == ["check_failed"]
    assert refusals(report=replace(UNCLEAR, inconclusive_rule="pass")) == []


def test_a_release_expires_from_the_moment_it_waits() -> None:
    late = NOW + timedelta(hours=71)
    assert refusals(now=late - timedelta(seconds=1)) == []
    assert refusals(now=late) == ["expired"]
    assert is_expired(replace(RELEASE, waiting_since=None), GATE, now=NOW + timedelta(hours=70))
    assert not is_expired(RELEASE, replace(GATE, expires_hours=float("inf")), now=NOW + timedelta(days=9999))


def test_all_reasons_are_given_at_once() -> None:
    found = refusals(actor="dave", report=UNCLEAR, given_evidence="e2", now=NOW + timedelta(days=9))
    assert found == ["not_approver", "expired", "evidence_differs", "not_acknowledged"]


def deploys(*approvals: Approval, gate: Gate = GATE, current: CurrentFacts = FACTS) -> list[str]:
    """Codes of what stands against a deploy."""
    return [one.code for one in deploy_refusals(approvals, gate=gate, operators=OPERATORS, current=current)]


def test_an_approval_allows_the_deploy_of_exactly_what_it_bound() -> None:
    assert deploys(APPROVAL) == []
    other = replace(FACTS, package="p2", data="d2")
    assert deploys(APPROVAL, current=other) == ["package_changed", "data_changed"]
    first = deploy_refusals([APPROVAL], gate=GATE, operators=OPERATORS, current=other)[0]
    assert "changed after alice approved" in first.sentence


def test_a_deploy_needs_all_approvals_of_different_people_and_no_rejection() -> None:
    two = replace(GATE, required=2)
    assert deploys() == ["approvals_missing"]
    assert deploys(APPROVAL, APPROVAL, gate=two) == ["approvals_missing"]
    assert deploys(APPROVAL, BOB, gate=two) == []
    assert deploys(APPROVAL, replace(BOB, decision="rejected")) == ["rejected"]


def test_nothing_is_approved_by_itself_and_only_approvers_count() -> None:
    assert approvals_missing([], replace(GATE, required=0), {}) == 1
    assert approvals_missing([replace(APPROVAL, person="dave")], GATE, {}) == 1


def test_a_gate_that_nobody_can_pass_is_told() -> None:
    people = {"alice": Operator("al"), "bob": Operator("bo"), "twin": Operator("al")}
    assert unsatisfiable(GATE, people) is None
    for gate in (
        Gate(),
        replace(GATE, required=3),
        Gate(approvers=("dave",)),
        Gate(approvers=("alice", "twin"), required=2),
        replace(GATE, expires_hours=0),
    ):
        assert unsatisfiable(gate, people) is not None


@pytest.mark.parametrize(
    ("actor", "author", "is_demo", "note"),
    [
        ("alice", "bob", False, ""),
        ("alice", "alice", True, "self-approved (demo policy)"),
        ("alice", "alice", False, "self-approved (policy)"),
        ("carol", "unknown", True, "self-approved (demo policy); commit author unknown"),
        ("alice", "unknown", False, "commit author unknown"),
    ],
)
def test_what_the_usual_rule_would_not_allow_stands_beside_the_decision(
    actor: str, author: str, is_demo: bool, note: str
) -> None:
    people = People(actor, frozenset({actor}), frozenset({"carol"}), author)
    assert decision_note(people, replace(GATE, self_approval=True), is_demo=is_demo) == note


def test_who_breaks_the_glass_for_their_own_work_does_not_hide_behind_the_policy() -> None:
    people = People("carol", frozenset({"carol"}), frozenset({"carol"}), "bob")
    assert decision_note(people, replace(GATE, self_approval=False), is_demo=True) == "self-approved (glass broken)"


def test_what_to_do_about_a_release_that_came_to_nothing_is_told() -> None:
    lost = replace(RELEASE, state=ReleaseState.FAILED)
    (refusal,) = rejection_refusals(lost, actor_person="alice", gate=GATE)
    assert "mltui release open v" in refusal.hint
    (refusal,) = rejection_refusals(replace(lost, state=ReleaseState.RUNNING), actor_person="alice", gate=GATE)
    assert "mltui release open" not in refusal.hint


def test_refusals_become_an_error_only_when_asked() -> None:
    require_no_refusal([], act="approving v7")
    with pytest.raises(Refused) as caught:
        require_no_refusal(
            [Refusal("expired", "too late", "open a new one"), Refusal("x", "so too")], act="approving v7"
        )
    assert caught.value.message == "approving v7 is refused: too late; so too"
    assert (caught.value.code, caught.value.hint) == ("expired", "open a new one")


def test_a_package_is_another_when_any_of_its_parts_is() -> None:
    parts = {"model": "a", "serving": "b", "requirements": "c", "base": "d"}
    digests = {package_digest(**(parts | {name: "x"})) for name in parts}
    assert len(digests | {package_digest(**parts)}) == 5
    assert package_digest(model="b", serving="a", requirements="c", base="d") not in digests | {package_digest(**parts)}
