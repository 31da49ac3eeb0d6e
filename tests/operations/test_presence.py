"""Who else is at a decision."""

from __future__ import annotations

import os
import sqlite3
from datetime import timedelta

from operations.gates import NOW, as_person

from mltui.operations.releases.presence import announce, leave, others_at
from mltui.registry import events, presence
from mltui.registry.presence import Presence
from mltui.workspace import Workspace


def logins(workspace: Workspace, login: str, *, seconds: float = 0, subject: str = "r1") -> list[str]:
    now = NOW + timedelta(seconds=seconds)
    return [each.login for each in others_at(as_person(workspace, login), subject, now=now)]


def test_others_see_who_is_at_the_same_decision_for_five_seconds(workspace: Workspace) -> None:
    assert announce(as_person(workspace, "bob"), "r1")
    assert logins(workspace, "ann") == ["bob"]
    assert logins(workspace, "bob") == []
    assert logins(workspace, "ann", subject="r2") == []
    assert logins(workspace, "ann", seconds=5) == ["bob"]
    assert logins(workspace, "ann", seconds=5.1) == []


def test_who_leaves_or_goes_on_to_another_decision_is_no_longer_there(workspace: Workspace) -> None:
    announce(as_person(workspace, "bob"), "r1")
    announce(as_person(workspace, "bob"), "r2")
    assert (logins(workspace, "ann"), logins(workspace, "ann", subject="r2")) == ([], ["bob"])
    assert leave(as_person(workspace, "bob"))
    assert logins(workspace, "ann", subject="r2") == []


def test_another_program_of_the_same_person_is_another(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        presence.save(tx, Presence("bob", os.getpid() + 1, "r1", NOW))
    assert logins(workspace, "bob") == ["bob"]


def test_old_rows_go_and_no_event_is_written(workspace: Workspace) -> None:
    before = events.head(workspace.registry.read())
    with workspace.registry.write() as tx:
        presence.save(tx, Presence("ann", 1, "r1", NOW - timedelta(minutes=2)))
    announce(as_person(workspace, "bob"), "r1")
    assert presence.at_subject(workspace.registry.read(), "r1", since=NOW - timedelta(hours=1)) == [
        Presence("bob", os.getpid(), "r1", NOW)
    ]
    assert events.head(workspace.registry.read()) == before


def test_a_registry_that_takes_nothing_is_no_failure(workspace: Workspace) -> None:
    workspace.registry.read().execute("PRAGMA busy_timeout = 1")
    holder = sqlite3.connect(workspace.registry.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert not announce(as_person(workspace, "bob"), "r1")
    assert not leave(as_person(workspace, "bob"))
    holder.close()
