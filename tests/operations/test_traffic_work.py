"""How far a rollback is, and how long one usually takes."""

from __future__ import annotations

from operations.test_rollback_plan import history_of_three
from registry.registry_values import later

from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.operations.standing.traffic_work import traffic_work
from mltui.registry import events, jobs
from mltui.workspace import Workspace


def test_nothing_is_known_of_what_was_never_done(workspace: Workspace) -> None:
    found = traffic_work(workspace, "production", JobKind.STOP)
    assert (found.state, found.last, found.usual_seconds) == (None, None, None)


def test_only_what_succeeded_in_the_same_environment_counts(workspace: Workspace) -> None:
    ended = (("production", 2, "succeeded"), ("production", 90, "failed"), ("staging", 50, "succeeded"))
    with workspace.registry.write() as tx:
        for place, seconds, state in ended:
            job = jobs.add(tx, kind=JobKind.STOP, subject=place, payload={}, requested_by="ann", at=later(0))
            jobs.set_state(tx, job.id, state=WorkState(state), at=later(seconds))
    assert traffic_work(workspace, "production", JobKind.STOP).usual_seconds == 2


def test_what_happened_before_it_was_asked_for_is_not_its_progress(workspace: Workspace) -> None:
    history_of_three(workspace)
    told = {"environment": "production", "deployment": "d2", "version": "v2"}
    with workspace.registry.write() as tx:
        events.append(tx, "TrafficShifted", "production", told, actor="worker", at=later(0))
        jobs.add(tx, kind=JobKind.ROLLBACK, subject="production", payload={}, requested_by="ann", at=later(5))
    assert traffic_work(workspace, "production", JobKind.ROLLBACK).last is None
    with workspace.registry.write() as tx:
        newest = events.append(tx, "TrafficShifted", "production", told, actor="worker", at=later(6))
    assert traffic_work(workspace, "production", JobKind.ROLLBACK).last == newest
