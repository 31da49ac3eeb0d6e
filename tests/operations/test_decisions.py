"""Who may decide, on what exactly, and what a decision leaves on the record."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from operations.gates import NOW, as_person, at_gate, write_policy

from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import ConfigInvalid, Conflict, NotFound, Refused, UsageError
from mltui.operations.releases.decide import approve, reject
from mltui.operations.releases.open_release import open_release
from mltui.operations.releases.seal import try_seal
from mltui.operations.runs.resume import cancel_release
from mltui.operations.standing.state import release_state
from mltui.registry import approvals, events, jobs, releases
from mltui.workspace import Workspace


def job_state(workspace: Workspace) -> WorkState:
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject="r1")
    assert job is not None
    return job.state


def state(workspace: Workspace) -> ReleaseState:
    return release_state(workspace, "r1").release.state


def refusal(workspace: Workspace, **how: object) -> str:
    """The code of the refusal; nothing of the attempt may be left behind but a policy seen for the first time."""
    before = events.head(workspace.registry.read())[0]
    with pytest.raises(Refused) as raised:
        approve(workspace, 1, **how)  # type: ignore[arg-type]
    assert approvals.of_release(workspace.registry.read(), 1) == []
    assert {event.kind for event in events.list_events(workspace.registry.read(), after=before)} <= {"PolicyChanged"}
    return raised.value.code


def test_an_approval_lets_the_release_go_on_and_holds_what_was_approved(workspace: Workspace) -> None:
    write_policy(workspace)
    release = at_gate(workspace)
    decision = approve(as_person(workspace, "bob"), 1, comment="better at night", evidence=release.evidence)
    assert (decision.missing, decision.release.state) == (0, ReleaseState.RUNNING)
    assert job_state(workspace) is WorkState.QUEUED
    kept = decision.approval
    assert (kept.person, kept.login, kept.note) == ("bob", "bob", "")
    assert (kept.package, kept.gate, kept.evidence) == (release.package, release.gate, release.evidence)
    (event,) = events.list_events(workspace.registry.read(), kind="VersionApproved")
    assert (event.actor, event.data["comment"], event.data["evidence"]) == ("bob", "better at night", release.evidence)


@pytest.mark.parametrize(
    ("asked_by", "author"), [("bob", "ann@example.org"), ("ann", "bob@example.org"), ("bob", "BOB@example.org")]
)
def test_who_asked_for_it_or_wrote_it_may_not_approve_it(workspace: Workspace, asked_by: str, author: str) -> None:
    write_policy(workspace)
    at_gate(workspace, asked_by=asked_by, author_email=author)
    assert refusal(as_person(workspace, "bob")) == "self_approval"
    assert approve(as_person(workspace, "cat"), 1).missing == 0


def test_who_opened_the_release_by_hand_may_not_approve_it(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace, opened_by="bob")
    assert refusal(as_person(workspace, "bob")) == "self_approval"
    assert refusal(as_person(workspace, "cat", sudo_user="bob")) == "self_approval"
    assert approve(as_person(workspace, "cat"), 1).missing == 0


def test_a_release_that_is_opened_by_sudo_names_who_did_it(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    write_policy(workspace, floor=0.1)
    assert open_release(as_person(workspace, "cat", sudo_user="bob"), 1).opened_by == "cat (sudo by bob)"


@pytest.mark.parametrize("opened_by", ["worker", "ann"])
def test_a_release_that_opened_by_itself_hinders_nobody_but_who_asked_for_the_run(
    workspace: Workspace, opened_by: str
) -> None:
    write_policy(workspace)
    at_gate(workspace, opened_by=opened_by)
    assert approve(as_person(workspace, "bob"), 1).missing == 0


def test_a_policy_that_allows_it_lets_a_person_approve_their_own_on_the_record(workspace: Workspace) -> None:
    write_policy(workspace, self_approval=True)
    at_gate(workspace)
    assert approve(as_person(workspace, "ann"), 1).approval.note == "self-approved (policy)"


def test_a_self_approval_in_a_demo_is_called_so(workspace: Workspace) -> None:
    write_policy(workspace, self_approval=True, is_demo=True)
    at_gate(workspace)
    assert approve(as_person(workspace, "ann"), 1).approval.note == "self-approved (demo policy)"


@pytest.mark.parametrize(("login", "code"), [("eve", "unknown_person"), ("dan", "not_approver")])
def test_only_an_approver_of_the_gate_decides(workspace: Workspace, login: str, code: str) -> None:
    write_policy(workspace)
    at_gate(workspace)
    assert refusal(as_person(workspace, login)) == code
    with pytest.raises(Refused) as raised:
        reject(as_person(workspace, login), 1, comment="no")
    assert raised.value.code == code
    assert state(workspace) is ReleaseState.WAITING_APPROVAL


def test_what_is_inconclusive_is_acknowledged_by_its_name(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace, inconclusive=["recall by lighting", "accuracy loss"])
    bob = as_person(workspace, "bob")
    assert refusal(bob) == "not_acknowledged"
    assert refusal(bob, acknowledged=["recall by lighting"]) == "not_acknowledged"
    both = ["recall by lighting", "accuracy loss"]
    assert refusal(bob, acknowledged=[*both, "recall by camera"]) == "nothing_to_acknowledge"
    assert approve(bob, 1, acknowledged=both).approval.acknowledged == tuple(both)


def test_a_check_that_failed_cannot_be_acknowledged_away(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace, failed=["accuracy floor"])
    assert refusal(as_person(workspace, "bob"), acknowledged=["accuracy floor"]) == "check_failed"


def test_an_approval_of_other_evidence_is_refused(workspace: Workspace) -> None:
    write_policy(workspace)
    release = at_gate(workspace)
    assert refusal(as_person(workspace, "bob"), evidence="0" * 64) == "evidence_differs"
    assert refusal(as_person(workspace, "bob"), evidence=release.evidence[:12]) == "evidence_differs"


def test_a_gate_that_changed_since_the_evidence_was_sealed_is_named(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    write_policy(workspace, floor=0.1)
    assert refusal(as_person(workspace, "bob")) == "gate_changed"


def test_a_new_release_takes_the_place_of_one_whose_gate_changed(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    ann = as_person(workspace, "ann")
    with pytest.raises(Conflict) as raised:
        open_release(ann, 1)
    assert raised.value.code == "release_under_way"
    write_policy(workspace, floor=0.1)
    assert [each.code for each in try_seal(workspace, release_state(workspace, "r1").release)] == ["gate_changed"]
    with pytest.raises(Refused) as refused:
        approve(as_person(workspace, "bob"), 1)
    assert "mltui release open v1" in refused.value.hint
    assert open_release(ann, 1).id == 2
    old = release_state(workspace, "r1").release
    assert old.state is ReleaseState.SUPERSEDED
    assert "superseded by r2: the environment's gate changed" in str(old.failure)
    assert job_state(workspace) is WorkState.CANCELLED
    (event,) = events.list_events(workspace.registry.read(), kind="ReleaseSuperseded")
    assert (event.actor, event.data["by"]) == ("ann", "r2")


@pytest.mark.parametrize("breach", ["expired", "not_sealed", "package_changed"])
def test_whatever_breaks_the_seal_lets_a_new_release_be_opened(workspace: Workspace, breach: str) -> None:
    write_policy(workspace)
    at_gate(workspace)
    changes: dict[str, dict[str, object]] = {
        "expired": {"waiting_since": NOW - timedelta(hours=72)},
        "not_sealed": {"evidence": ""},
        "package_changed": {"package": "other"},
    }
    with workspace.registry.write() as tx:
        releases.update(tx, 1, **changes[breach])
    ann = as_person(workspace, "ann")
    assert [each.code for each in try_seal(ann, release_state(ann, "r1").release)] == [breach]
    assert open_release(ann, 1).id == 2
    assert state(workspace) is ReleaseState.SUPERSEDED


def test_two_people_agree_where_the_gate_asks_for_two(workspace: Workspace) -> None:
    write_policy(workspace, required=2)
    at_gate(workspace)
    assert approve(as_person(workspace, "bob"), 1).missing == 1
    assert (state(workspace), job_state(workspace)) == (ReleaseState.WAITING_APPROVAL, WorkState.WAITING)
    with pytest.raises(Refused) as raised:
        approve(as_person(workspace, "bob"), 1)
    assert raised.value.code == "already_approved"
    assert approve(as_person(workspace, "cat"), 1).missing == 0
    assert (state(workspace), job_state(workspace)) == (ReleaseState.RUNNING, WorkState.QUEUED)


def test_one_person_cannot_approve_twice_by_becoming_another_with_sudo(workspace: Workspace) -> None:
    write_policy(workspace, required=2)
    at_gate(workspace)
    bob, bob_as_cat = as_person(workspace, "bob"), as_person(workspace, "cat", sudo_user="bob")
    assert approve(bob_as_cat, 1).approval.login == "cat (sudo by bob)"
    for again in (bob, bob_as_cat, as_person(workspace, "cat")):
        with pytest.raises(Refused) as raised:
            approve(again, 1)
        assert raised.value.code == "already_approved"
    assert state(workspace) is ReleaseState.WAITING_APPROVAL


def test_nobody_decides_on_what_waited_too_long(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    late = dataclasses.replace(as_person(workspace, "bob"), now=lambda: NOW + timedelta(hours=72))
    assert refusal(late) == "expired"


def test_a_decision_falls_only_once(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    reject(as_person(workspace, "bob"), 1, comment="too dark")
    with pytest.raises(Refused) as raised:
        approve(as_person(workspace, "cat"), 1)
    assert raised.value.code == "not_waiting"


def test_a_policy_that_cannot_be_read_blocks_a_decision(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    (workspace.folder / "policy.toml").write_text("engine = ")
    with pytest.raises(ConfigInvalid, match=r"policy\.toml"):
        approve(as_person(workspace, "bob"), 1)
    assert state(workspace) is ReleaseState.WAITING_APPROVAL


def test_a_rejection_ends_the_release_with_its_stage_and_its_job(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    reject(as_person(workspace, "ann"), 1, comment="too dark")  # who asked for it may reject it
    found = release_state(workspace, "r1")
    assert (found.release.state, found.release.failure) == (ReleaseState.REJECTED, "rejected by ann: too dark")
    assert [stage.state for stage in found.stages] == [WorkState.CANCELLED]
    assert job_state(workspace) is WorkState.CANCELLED


def test_a_rejection_needs_a_reason(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    with pytest.raises(UsageError):
        reject(as_person(workspace, "bob"), 1, comment="  ")


def test_a_waiting_release_can_be_taken_back(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    assert cancel_release(as_person(workspace, "dan"), "r1").state is ReleaseState.CANCELLED
    assert job_state(workspace) is WorkState.CANCELLED
    (event,) = events.list_events(workspace.registry.read(), kind="ReleaseCancelled")
    assert (event.actor, event.data["reason"]) == ("dan", "cancelled by dan")
    with pytest.raises(Refused, match="already"):
        cancel_release(workspace, "r1")


def test_there_is_nothing_to_decide_on_without_a_version_or_a_release(workspace: Workspace) -> None:
    write_policy(workspace)
    with pytest.raises(NotFound, match="v1"):
        approve(as_person(workspace, "bob"), 1)
    at_gate(workspace)
    with workspace.registry.write() as tx:
        releases.update(tx, 1, state=ReleaseState.FAILED, ended_at=NOW)
    assert refusal(as_person(workspace, "bob")) == "not_waiting"


def test_each_policy_under_which_somebody_decides_is_on_record(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    bob = as_person(workspace, "bob")
    refusal(bob, evidence="0" * 64)
    approve(bob, 1)
    found = events.list_events(workspace.registry.read(), kind="PolicyChanged")
    assert len(found) == 2  # that of init, and this one
    assert workspace.store.read_bytes(found[-1].data["policy"]) == (workspace.folder / "policy.toml").read_bytes()


def test_the_one_behind_sudo_stands_beside_the_decision(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    bob = as_person(workspace, "bob")
    approve(dataclasses.replace(bob, actor=dataclasses.replace(bob.actor, sudo_user="eve")), 1)
    (event,) = events.list_events(workspace.registry.read(), kind="VersionApproved")
    assert event.actor == "bob (sudo by eve)"


def test_who_asked_for_the_run_does_not_approve_it_by_sudo_either(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    bob = as_person(workspace, "bob")
    by_sudo = dataclasses.replace(bob, actor=dataclasses.replace(bob.actor, sudo_user="ann"))
    assert refusal(by_sudo) == "self_approval"


def test_a_rejection_is_about_the_release_that_was_shown(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    bob = as_person(workspace, "bob")
    with pytest.raises(Conflict, match="r1 has taken the place"):
        reject(bob, 1, comment="no", shown=7)
    assert reject(bob, 1, comment="no", shown=1).release.state is ReleaseState.REJECTED
