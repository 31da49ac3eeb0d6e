"""A lock keeps versions from being approved; who put it on, since when and why is on record."""

from __future__ import annotations

import threading

import pytest
from operations.gates import NOW, as_person, at_gate, write_policy

from mltui.domain.job import JobKind
from mltui.errors import Conflict, NotFound, Refused, UsageError
from mltui.operations.environments.lock import lock, unlock
from mltui.operations.releases.decide import approve, reject
from mltui.operations.runs.resume import cancel_release
from mltui.operations.standing.overview import overview
from mltui.registry import environments, events, jobs
from mltui.worker.journal import JobCancelled, Journal
from mltui.worker.releases.holding import TICK_SECONDS, await_permission
from mltui.worker.releases.release_work import ReleaseWork, open_work
from mltui.workspace import Workspace


@pytest.fixture
def bob(workspace: Workspace) -> Workspace:
    write_policy(workspace)
    at_gate(workspace)
    return as_person(workspace, "bob")


def test_nothing_is_approved_for_a_locked_environment_until_it_is_unlocked(bob: Workspace) -> None:
    lock(bob, "production", reason="incident 14")
    with pytest.raises(Refused, match="locked by bob: incident 14") as raised:
        approve(bob, 1)
    assert raised.value.code == "locked"
    (waiting,) = overview(bob).waiting
    assert (waiting.may_approve, waiting.why_not.split(" (")[0]) == (False, "production is locked by bob: incident 14")
    unlock(bob, "production")
    assert approve(bob, 1).missing == 0


def test_a_version_may_be_rejected_while_its_environment_is_locked(bob: Workspace) -> None:
    lock(bob, "production", reason="incident 14")
    assert reject(bob, 1, comment="no").approval.decision == "rejected"


def test_a_lock_tells_who_since_when_and_why_and_is_on_record(bob: Workspace) -> None:
    lock(bob, "production", reason="incident 14")
    known = environments.find(bob.registry.read(), "production")
    assert known is not None
    assert (known.locked_by, known.locked_at, known.lock_reason) == ("bob", NOW, "incident 14")
    with pytest.raises(Conflict, match="by bob already: incident 14"):
        lock(as_person(bob, "cat"), "production", reason="mine")
    unlock(as_person(bob, "cat"), "production", reason="over")
    told = [str(each) for each in events.list_events(bob.registry.read(), limit=20)]
    assert told[-2:] == ["production locked: incident 14", "production unlocked: over"]
    with pytest.raises(Refused, match="is not locked"):
        unlock(bob, "production")


def test_a_lock_needs_a_reason_and_an_environment_that_is_known(bob: Workspace) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        lock(bob, "production", reason=" ")
    with pytest.raises(NotFound, match="no environment mars"):
        lock(bob, "mars", reason="why not")


def test_an_environment_can_be_locked_while_the_policy_cannot_be_read(bob: Workspace) -> None:
    lock(bob, "production", reason="incident 14")
    unlock(bob, "production")
    (bob.folder / "policy.toml").write_text("engine = ")
    assert lock(bob, "production", reason="incident 15").is_locked


def test_outside_of_its_window_nothing_is_approved(workspace: Workspace) -> None:
    """The tests' now is a Monday noon."""
    write_policy(workspace)
    at_gate(workspace)
    path = workspace.folder / "policy.toml"
    path.write_text(path.read_text().replace('after = "staging"', 'after = "staging"\nwindow = "Tue 09-16 UTC"'))
    with pytest.raises(Refused, match="in its window alone") as raised:
        approve(as_person(workspace, "bob"), 1)
    assert raised.value.code == "outside_window"
    assert raised.value.hint == "it opens Tue 2026-11-24 09:00 UTC"
    path.write_text(path.read_text().replace("Tue 09-16", "Mon 09-16"))
    assert approve(as_person(workspace, "bob"), 1).missing == 0


def approved(workspace: Workspace) -> ReleaseWork:
    approve(workspace, 1)
    return work_of(workspace)


def work_of(workspace: Workspace) -> ReleaseWork:
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject="r1")
    assert job is not None
    return open_work(Journal(workspace, job))


def test_what_was_approved_before_a_lock_goes_on_after_it(bob: Workspace) -> None:
    work = approved(bob)
    lock(bob, "production", reason="incident 14")
    waiting = threading.Thread(target=await_permission, args=(work, "production"))
    waiting.start()
    waiting.join(3 * TICK_SECONDS)
    assert waiting.is_alive()
    (held,) = events.list_events(bob.registry.read(), kind="DeployHeld")
    assert str(held) == "r1 waits before production: production is locked by bob: incident 14"
    unlock(bob, "production")
    waiting.join(20)
    assert not waiting.is_alive()


def test_what_waits_for_a_lock_to_end_can_be_cancelled(bob: Workspace) -> None:
    work = approved(bob)
    lock(bob, "production", reason="incident 14")
    cancel_release(bob, "r1")
    with pytest.raises(JobCancelled):
        await_permission(work, "production")


def test_a_lock_on_staging_keeps_versions_out_of_staging_even_in_an_emergency(bob: Workspace) -> None:
    approve(bob, 1, emergency="all is down")
    work = work_of(bob)
    lock(bob, "staging", reason="a load test")
    cancel_release(bob, "r1")
    assert await_permission(work, "production") is False
    with pytest.raises(JobCancelled):
        await_permission(work, "staging")


def test_a_gate_that_asks_for_more_since_the_approval_is_heeded_after_a_lock(bob: Workspace) -> None:
    work = approved(bob)
    before = work.rules.gate
    write_policy(bob, required=2)
    await_permission(work, "production")
    assert (before.required, work.rules.gate.required) == (1, 2)
