"""What a smoke of a live environment leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.gates import write_policy
from operations.small_project import lay_down, under_git
from operations.test_overview import go_live
from registry.registry_values import NOW, later
from stories.loans import end

from mltui.domain.smoke import SmokeAnswer, SmokeReport
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import deployments, events, smokes
from mltui.registry.smokes import Smoke
from mltui.worker.environments.place import Place
from mltui.worker.environments.traffic import record_smoke
from mltui.workspace import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = init_workspace(under_git(lay_down(tmp_path / "project")), folder=tmp_path / "workspace", engine="process")
    write_policy(made)
    go_live(made)
    yield Place(made, "production", made.policy().environments["production"], "process")
    end(made)
    made.close()


def report(milliseconds: float, *, is_right: bool) -> SmokeReport:
    answer = SmokeAnswer("a", "yes", "yes" if is_right else "no", 0.9, milliseconds, is_right, "")
    return SmokeReport((answer,), share_right=1.0)


def kept(workspace: Workspace) -> list[Smoke]:
    return smokes.of_environment(workspace.registry.read(), "production")


def test_each_smoke_is_kept_with_its_latency_and_only_a_change_is_an_event(place: Place) -> None:
    (live,) = deployments.live(place.workspace.registry.read())
    for seconds, is_right in ((0, True), (60, True), (120, False), (180, False)):
        record_smoke(
            place, report(5.0 + seconds, is_right=is_right), version_id=live.version_id, at=later(seconds)
        )  # fmt: skip
    assert [(each.at, each.is_green, each.p95_ms) for each in kept(place.workspace)] == [
        (NOW, True, 5.0), (later(60), True, 65.0), (later(120), False, 125.0), (later(180), False, 185.0),
    ]  # fmt: skip
    told = [event.kind for event in events.list_events(place.workspace.registry.read())]
    assert told.count("SmokeFailed") == 1


def test_a_smoke_of_a_version_that_no_longer_answers_is_not_kept(place: Place) -> None:
    record_smoke(place, report(5.0, is_right=True), version_id=99, at=NOW)
    assert kept(place.workspace) == []
