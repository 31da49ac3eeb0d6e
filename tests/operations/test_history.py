"""The history shows that somebody laid hands on it, and where."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
from cli.command_line import mltui
from operations.gates import as_person, at_gate, write_policy

from mltui.errors import Conflict, Damaged, Refused
from mltui.operations.releases.decide import approve
from mltui.operations.workspaces.audit import export_history, verify_history
from mltui.registry import events
from mltui.workspace import Workspace


@pytest.fixture
def decided(workspace: Workspace) -> Workspace:
    write_policy(workspace)
    at_gate(workspace)
    approve(as_person(workspace, "bob"), 1, comment="better at night")
    return workspace


def tamper(workspace: Workspace, statement: str) -> None:
    """As somebody with the file and patience does it: the triggers that keep the history go first."""
    connection = sqlite3.connect(workspace.folder / "registry.db")
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'")
    for (name,) in names.fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    assert connection.execute(statement).rowcount == 1
    connection.commit()
    connection.close()


APPROVAL = "SELECT sequence FROM events WHERE kind = 'VersionApproved'"


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE events SET actor = 'cat' WHERE sequence = ({APPROVAL})",
        f"UPDATE events SET data = replace(data, 'night', 'noon') WHERE sequence = ({APPROVAL})",
        f"UPDATE events SET at = '2026-11-22T12:00:00+00:00' WHERE sequence = ({APPROVAL})",
        f"UPDATE events SET hash = '{'0' * 64}' WHERE sequence = ({APPROVAL})",
        f"UPDATE events SET previous = '{'0' * 64}' WHERE sequence = ({APPROVAL})",
    ],
)
def test_a_changed_event_is_named(decided: Workspace, statement: str) -> None:
    (event,) = events.list_events(decided.registry.read(), kind="VersionApproved")
    verify_history(decided)
    tamper(decided, statement)
    with pytest.raises(Damaged, match=rf"event {event.sequence}\b"):
        verify_history(decided)


def test_a_removed_event_is_named(decided: Workspace) -> None:
    tamper(decided, "DELETE FROM events WHERE sequence = 2")
    with pytest.raises(Damaged, match="event 2 is missing"):
        verify_history(decided)


def test_a_cut_tail_is_found_by_whoever_kept_the_head(decided: Workspace) -> None:
    last, head = events.head(decided.registry.read())
    tamper(decided, f"DELETE FROM events WHERE sequence = {last}")
    verify_history(decided)
    with pytest.raises(Damaged, match=head):
        verify_history(decided, head=head)


def test_the_command_says_it_and_fails(decided: Workspace) -> None:
    tamper(decided, "UPDATE events SET actor = 'cat' WHERE sequence = 2")
    said = mltui("--batch", "audit", "verify", directory=decided.folder, workspace=decided.folder)
    assert (said.code, said.error["code"]) == (1, "history_damaged")
    assert "event 2 was altered" in said.error["message"]


def test_the_registry_itself_refuses_to_change_history(decided: Workspace) -> None:
    for change in ("UPDATE events SET actor = 'cat'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError):
            decided.registry.read().execute(change)


def test_an_exported_history_can_be_verified_without_us(decided: Workspace, tmp_path: Path) -> None:
    workspace = decided
    file = tmp_path / "history.jsonl"
    count = export_history(workspace, file)
    previous = "0" * 64
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for number, line in enumerate(lines, 1):
        assert hashlib.sha256((previous + line["body"]).encode()).hexdigest() == line["hash"]
        assert (line["previous"], json.loads(line["body"])["sequence"]) == (previous, number)
        previous = line["hash"]
    assert (len(lines), previous) == (count, verify_history(workspace).head)
    with pytest.raises(Conflict, match="is there already"):
        export_history(workspace, file)
    with pytest.raises(Refused, match="cannot be written"):
        export_history(workspace, tmp_path / "nowhere" / "history.jsonl")
