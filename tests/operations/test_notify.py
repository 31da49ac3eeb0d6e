"""Programs outside are told of what happens: which events, in what order, and what becomes of those that fail."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from stories.loans import end
from stories.soundness import await_that

from mltui.domain.delivery import DeliveryState
from mltui.errors import ConfigInvalid, NotFound, Refused, WorkFailed
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.worker_need import needs_worker
from mltui.operations.environments.lock import lock, unlock
from mltui.operations.standing.alarms import alarms
from mltui.operations.workspaces import notify
from mltui.operations.workspaces.initialise import init_workspace
from mltui.operations.workspaces.telling import is_due, take_up, tell_next
from mltui.registry import deliveries, events
from mltui.worker.notifying import Notifying
from mltui.workspace import Workspace

LayDown = Callable[..., Path]


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """What the program was told, a line each."""
    return tmp_path / "heard"


@pytest.fixture
def program(tmp_path: Path, heard: Path) -> LayDown:
    """Writes a program and names it in the policy as `pager`."""

    def lay_down(workspace: Workspace, *, on: str = '["*"]', body: str = "", seconds: float = 20) -> Path:
        path = tmp_path / "page"
        path.write_text(f"#!/bin/sh\n{body}\ncat >> {heard}\n")
        path.chmod(0o755)
        policy = workspace.folder / "policy.toml"
        before = policy.read_text().partition("\n[notify.")[0]
        policy.write_text(f'{before}\n[notify.pager]\nrun = ["{path}", "a b"]\non = {on}\nseconds = {seconds}\n')
        policy_on_record(workspace)
        return path

    return lay_down


def tell_all(workspace: Workspace) -> None:
    """As the worker does, until nothing is due."""
    notifier = workspace.policy().notify["pager"]
    take_up(workspace, "pager", notifier)
    while tell_next(workspace, "pager", notifier):
        pass


def told(heard: Path) -> list[Any]:
    return [json.loads(line) for line in heard.read_text().splitlines()] if heard.exists() else []


def later(workspace: Workspace, seconds: float) -> Workspace:
    return dataclasses.replace(workspace, now=lambda: workspace.now() + timedelta(seconds=seconds))


def test_it_is_told_of_the_events_that_it_wants_in_their_order_from_the_present_on(
    workspace: Workspace, program: LayDown, heard: Path
) -> None:
    lock(workspace, "production", reason="before")
    program(workspace, on='["DeploysLocked", "DeploysUnlocked"]')
    unlock(workspace, "production", reason="ended\n\x1b[31m")
    lock(workspace, "production", reason="incident 14")
    policy_on_record(workspace)
    tell_all(workspace)
    tell_all(workspace)
    found = told(heard)
    assert [each["event"]["kind"] for each in found] == ["DeploysUnlocked", "DeploysLocked"]
    assert found[0]["event"]["data"]["reason"] == "ended\n\x1b[31m"
    assert found[1]["text"] == "production locked: incident 14"
    assert found[1]["project"] == workspace.project_name
    assert not is_due(workspace, "pager")
    log = notify.delivery_log(workspace, limit=10)
    assert [(each.delivery.state, each.delivery.outcome) for each in log] == [(DeliveryState.DELIVERED, "done")] * 2
    assert str(log[0].event) == "production locked: incident 14"


def test_a_worker_is_needed_until_all_that_happened_without_one_is_told(workspace: Workspace, program: LayDown) -> None:
    program(workspace, on='["DeploysLocked"]')
    tell_all(workspace)
    assert not needs_worker(workspace)
    lock(workspace, "production", reason="incident 14")
    assert needs_worker(workspace)
    tell_all(workspace)
    with workspace.registry.write() as tx:
        events.append(tx, "WorkerStopped", "worker", {"pid": 1}, actor="worker", at=workspace.now())
    assert not needs_worker(workspace), "a worker that ends would be started again for ever"


def test_an_act_that_leaves_nothing_else_to_do_is_told_soon_also_to_who_was_named_a_moment_ago(
    project: Path, tmp_path: Path, program: LayDown, heard: Path
) -> None:
    tended = init_workspace(project, folder=tmp_path / "tended", engine="process")
    path = program(tended)
    policy = tended.folder / "policy.toml"
    policy.write_text(policy.read_text() + f'[notify.chat]\nrun = ["{path}", "chat"]\non = ["DeploysLocked"]\n')
    lock(tended, "production", reason="incident 14")
    try:
        await_that(lambda: heard.exists() and heard.read_text().count("DeploysLocked") == 2, what="both are told")
    finally:
        end(tended)
        tended.close()


def test_nothing_that_somebody_wrote_stands_in_its_words_or_its_environment(
    workspace: Workspace, program: LayDown, heard: Path
) -> None:
    program(workspace, body=f'echo "$#:$1:$MLTUI_EVENT_KIND:$MLTUI_EVENT_SUBJECT:$(env)" | tr "\\n" " " >> {heard}.env')
    lock(workspace, "production", reason="$(touch evil) `id` secret")
    tell_all(workspace)
    said = Path(f"{heard}.env").read_text()
    assert "1:a b:DeploysLocked:production:" in said
    assert "secret" not in said


def test_what_fails_is_told_again_and_what_follows_waits_for_it(
    workspace: Workspace, program: LayDown, heard: Path, tmp_path: Path
) -> None:
    program(workspace, on='["DeploysLocked", "DeploysUnlocked"]', body=f"test -e {tmp_path}/up || exit 3")
    lock(workspace, "production", reason="one")
    unlock(workspace, "production")
    tell_all(workspace)
    (first, second) = reversed(notify.delivery_log(workspace, limit=10))
    assert (first.delivery.attempts, first.delivery.outcome) == (1, "ended with 3")
    assert second.delivery.attempts == 0
    assert not is_due(workspace, "pager")
    (tmp_path / "up").touch()
    tell_all(later(workspace, 3))
    assert [each["event"]["kind"] for each in told(heard)] == ["DeploysLocked", "DeploysUnlocked"]
    assert alarms(workspace.registry.read())[1:] == ()


def test_what_cannot_be_delivered_is_given_up_aloud_and_makes_no_event(
    workspace: Workspace, program: LayDown, heard: Path
) -> None:
    path = program(workspace, body="echo the line is dead; exit 1")
    note = events.head(workspace.registry.read())
    lock(workspace, "production", reason="one")
    head = events.head(workspace.registry.read())
    for seconds in (0, 3, 400):
        tell_all(later(workspace, seconds))
    assert events.head(workspace.registry.read()) == head != note
    (_, alarm) = alarms(workspace.registry.read())
    assert alarm.sentence == "pager WAS NOT TOLD of 1 event: ended with 1: the line is dead"
    assert notify.notifier_states(workspace)[0].missed == 1

    path.write_text(f"#!/bin/sh\ncat >> {heard}\n")
    assert notify.retry_missed(workspace, "pager") == 1
    tell_all(workspace)
    kinds = [each["event"]["kind"] for each in told(heard)]
    assert kinds == ["DeploysLocked", "MissedNotificationsRetried"]
    assert len(alarms(workspace.registry.read())) == 1
    with pytest.raises(Refused):
        notify.dismiss_missed(workspace, "pager")


def test_what_was_missed_can_be_left_at_that(workspace: Workspace, program: LayDown) -> None:
    program(workspace, body="exit 1")
    lock(workspace, "production", reason="one")
    for seconds in (0, 3, 400):
        tell_all(later(workspace, seconds))
    assert notify.dismiss_missed(workspace, "pager") == 1
    assert len(alarms(workspace.registry.read())) == 1
    assert notify.delivery_log(workspace, limit=1)[0].delivery.state is DeliveryState.DISMISSED


def test_one_that_takes_too_long_is_killed_and_told_again(workspace: Workspace, program: LayDown) -> None:
    program(workspace, body="sleep 100", seconds=0.2)
    lock(workspace, "production", reason="one")
    tell_all(workspace)
    (found,) = notify.delivery_log(workspace, limit=5)
    assert (found.delivery.state, found.delivery.outcome) == (DeliveryState.PENDING, "killed after 0.2 s")


def test_a_worker_that_ends_keeps_nobody_waiting_and_the_next_tells_it_again(
    workspace: Workspace, program: LayDown
) -> None:
    program(workspace, body="sleep 100", seconds=300)
    lock(workspace, "production", reason="one")
    notifying = Notifying(workspace)
    notifying.tick()
    began = time.monotonic()
    notifying.finish()
    assert time.monotonic() - began < 60
    (found,) = notify.delivery_log(workspace, limit=5)
    assert (found.delivery.state, found.delivery.attempts) == (DeliveryState.PENDING, 0)


def test_a_death_between_the_program_and_the_record_tells_it_twice_and_skips_nothing(
    workspace: Workspace, program: LayDown, heard: Path
) -> None:
    program(workspace, on='["DeploysLocked"]')
    lock(workspace, "production", reason="one")
    notifier = workspace.policy().notify["pager"]
    take_up(workspace, "pager", notifier)
    pending = deliveries.first_pending(workspace.registry.read(), "pager")
    assert pending is not None
    tell_next(workspace, "pager", notifier)
    with workspace.registry.write() as tx:
        deliveries.save(tx, pending)
    tell_all(workspace)
    assert [each["event"]["sequence"] for each in told(heard)] == [pending.sequence] * 2


def test_one_that_left_the_policy_is_forgotten_and_begins_anew(workspace: Workspace, program: LayDown) -> None:
    program(workspace, body="exit 1")
    lock(workspace, "production", reason="one")
    tell_all(workspace)
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().partition("\n[notify.")[0])
    policy_on_record(workspace)
    assert not deliveries.has_pending(workspace.registry.read())
    program(workspace)
    assert deliveries.first_pending(workspace.registry.read(), "pager") is None
    take_up(workspace, "pager", workspace.policy().notify["pager"])
    assert deliveries.first_pending(workspace.registry.read(), "pager") is None


def test_a_test_tells_at_once_whether_it_arrives(workspace: Workspace, program: LayDown, heard: Path) -> None:
    path = program(workspace)
    notify.try_out(workspace, "pager")
    assert told(heard)[0]["event"]["kind"] == "NotificationTest"
    path.chmod(0o644)
    with pytest.raises(WorkFailed) as raised:
        notify.try_out(workspace, "pager")
    assert raised.value.code == "not_delivered"
    assert notify.notifier_states(workspace)[0].problem == f"{path} cannot be executed"
    with pytest.raises(NotFound):
        notify.try_out(workspace, "mail")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('run = ["page"]', "whole path"),
        ('run = ["/bin/true"]\non = ["SmokeFaild"]', "SmokeFaild"),
        ('run = ["/bin/true"]\non = []', "names no event"),
        ('run = ["/bin/true"]\nseconds = 0', "seconds = 0"),
        ("run = []", "whole path"),
        ('run = ["/bin/true"]\nwhen = "*"', "unknown key notify.pager.when"),
    ],
)
def test_a_mistake_about_it_is_named_with_its_line(workspace: Workspace, line: str, words: str) -> None:
    policy = workspace.folder / "policy.toml"
    policy.write_text(f"{policy.read_text()}\n[notify.pager]\n{line}\n")
    with pytest.raises(ConfigInvalid, match=r"line \d+") as raised:
        workspace.policy()
    assert words in raised.value.message
    assert raised.value.hint
