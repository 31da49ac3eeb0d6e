"""Versions and releases as they stood at a past time."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from cli.command_line import mltui
from operations.gates import NOW, as_person, at_gate, write_policy
from registry.registry_values import add_version

from mltui.domain.release import ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.errors import NotFound
from mltui.operations.releases.decide import approve
from mltui.operations.runs.resume import cancel_release
from mltui.operations.standing.past_releases import release_state_at, releases_at, version_state_at, versions_at
from mltui.registry import events, notes, stages
from mltui.workspace import Workspace


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.fixture
def told(workspace: Workspace) -> Workspace:
    """v1 at 0 with r1, which waits from 0 on, is approved at 20 and cancelled at 30; v2 at 10, with a note at 15."""
    write_policy(workspace)
    with workspace.registry.write() as tx:
        events.append(tx, "VersionRegistered", "v1", {}, actor="worker", at=NOW)
    at_gate(workspace)
    with workspace.registry.write() as tx:
        for kind, stage in (("StageStarted", "package"), ("StagePassed", "package"), ("StageStarted", "approval")):
            events.append(tx, kind, "r1", {"stage": stage}, actor="worker", at=NOW)
        stages.save(tx, Stage(1, "package", WorkState.SUCCEEDED, started_at=NOW, ended_at=NOW, data={"package": "p"}))
        events.append(tx, "ApprovalRequested", "r1", {}, actor="worker", at=NOW)
        events.append(tx, "VersionRegistered", "v2", {}, actor="worker", at=NOW + minutes(10))
        add_version(tx, created_at=NOW + minutes(10))
        notes.add(tx, version_id=2, author="ann", text="good", at=NOW + minutes(15))
    later = dataclasses.replace(as_person(workspace, "bob"), now=lambda: NOW + minutes(20))
    approve(later, 1)
    with workspace.registry.write() as tx:
        events.append(tx, "StagePassed", "r1", {"stage": "approval"}, actor="worker", at=NOW + minutes(21))
    cancel_release(dataclasses.replace(workspace, now=lambda: NOW + minutes(30)), "r1")
    with workspace.registry.write() as tx:
        events.append(tx, "ReleaseCancelled", "r1", {}, actor="worker", at=NOW + minutes(30))
    return workspace


def test_a_release_stands_as_it_did(told: Workspace) -> None:
    waiting = release_state_at(told, "r1", NOW + minutes(5))
    assert (waiting.release.state, waiting.approvals) == (ReleaseState.WAITING_APPROVAL, ())
    assert [(stage.name, stage.state) for stage in waiting.stages] == [
        ("package", WorkState.SUCCEEDED), ("approval", WorkState.RUNNING),
    ]  # fmt: skip
    running = release_state_at(told, "latest", NOW + minutes(25))
    assert (running.release.state, [each.person for each in running.approvals]) == (ReleaseState.RUNNING, ["bob"])
    assert releases_at(told, NOW + minutes(5), state=ReleaseState.WAITING_APPROVAL)[0].id == 1
    assert releases_at(told, NOW + minutes(25), state=ReleaseState.WAITING_APPROVAL) == []
    assert releases_at(told, NOW - minutes(1)) == []
    with pytest.raises(NotFound, match="no release r1 then"):
        release_state_at(told, "r1", NOW - minutes(1))


def test_versions_are_those_of_then_with_what_was_said_of_them_by_then(told: Workspace) -> None:
    assert [row.facts.id for row in versions_at(told, NOW + minutes(5))] == [1]
    assert [row.facts.id for row in versions_at(told, NOW + minutes(12), sort="accuracy")] == [2, 1]
    assert version_state_at(told, "latest", NOW + minutes(12)).notes == ()
    assert [note.text for note in version_state_at(told, "v2", NOW + minutes(16)).notes] == ["good"]
    assert [each.state for each in version_state_at(told, "v1", NOW).releases] == [ReleaseState.WAITING_APPROVAL]
    with pytest.raises(NotFound, match="no version v2 then"):
        version_state_at(told, "v2", NOW + minutes(5))


def test_lists_are_filtered_by_what_stood_there_then(told: Workspace) -> None:
    def found(minute: float, words: str) -> list[tuple[int, str]]:
        return [(row.facts.id, row.matched) for row in versions_at(told, NOW + minutes(minute), matching=words)]

    assert found(12, "good") == []
    assert found(12, "!good") == [(2, ""), (1, "")]
    assert found(16, "good") == [(2, "note: good")]
    assert found(16, "!good") == [(1, "")]
    row = versions_at(told, NOW + minutes(5))[0]
    assert row.release is not None
    assert (row.release.state, row.live_in) == (ReleaseState.WAITING_APPROVAL, ())
    for minute, words, ids in ((5, "waiting", [1]), (5, "running", []), (25, "waiting", []), (25, "running", [1])):
        assert [each.id for each in releases_at(told, NOW + minutes(minute), matching=words)] == ids


def test_the_commands_answer_for_a_past_time(told: Workspace) -> None:
    at = (NOW + minutes(5)).isoformat()
    for words in (["version", "list"], ["release", "list"], ["release", "show"]):
        said = mltui("--batch", *words, "--at", at, directory=told.folder, workspace=told.folder)
        assert said.code == 0, said.error
        assert "v2" not in str(said.data)
