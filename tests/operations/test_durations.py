"""What things usually take, by what they took."""

from __future__ import annotations

from registry.registry_values import NOW, add_release, add_run, add_version, later

from mltui.domain.release import Stage
from mltui.domain.run import StepAttempt, WorkState
from mltui.operations.standing.durations import usual_seconds
from mltui.registry import Connection, events, runs, stages, steps
from mltui.workspace import Workspace


def attempt(
    tx: Connection, seconds: float | None, *, state: WorkState = WorkState.SUCCEEDED, cached: bool = False
) -> None:
    run = add_run(tx)
    ended = None if seconds is None else later(seconds)
    origin = run.id if cached else None
    steps.save(tx, StepAttempt(run.id, "train", 1, state, cached_from=origin, started_at=NOW, ended_at=ended))


def test_without_a_past_nothing_is_usual(workspace: Workspace) -> None:
    found = usual_seconds(workspace)
    assert (found.steps, found.images, found.run, found.stages) == ({}, {}, None, {})


def test_a_step_takes_the_median_of_those_that_worked_to_their_end(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        for seconds in (10, 12, 50):
            attempt(tx, seconds)
        attempt(tx, 1, state=WorkState.FAILED)
        attempt(tx, 0, cached=True)
        attempt(tx, None)
        attempt(tx, -5)
    assert usual_seconds(workspace).steps == {"train": 12}


def test_only_the_last_twenty_count(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        for seconds in (*[100] * 30, *[7] * 20):
            attempt(tx, seconds)
    assert usual_seconds(workspace).steps == {"train": 7}


def test_a_run_counts_when_it_made_a_version(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        made = add_run(tx, state=WorkState.SUCCEEDED, started_at=NOW, ended_at=later(90))
        runs.update(tx, made.id, version_id=add_version(tx, run_id=made.id).id)
        add_run(tx, state=WorkState.SUCCEEDED, started_at=NOW, ended_at=later(1))
        add_run(tx, state=WorkState.FAILED, started_at=NOW, ended_at=later(2))
    assert usual_seconds(workspace).run == 90


def test_stages_and_image_builds_have_their_own(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        for seconds in (20, 30, 40):
            release = add_release(tx)
            stages.save(tx, Stage(release.id, "profile", WorkState.SUCCEEDED, NOW, later(seconds)))
            stages.save(tx, Stage(release.id, "smoke", WorkState.FAILED, NOW, later(seconds)))
            data = {"run": "1", "step": "train", "image": "sha256:1", "key": "", "seconds": f"{seconds}.5"}
            events.append(tx, "ImageBuilt", "1", data, actor="worker", at=NOW)
    found = usual_seconds(workspace)
    assert found.stages == {"profile": 30}
    assert found.images == {"train": 30.5}
