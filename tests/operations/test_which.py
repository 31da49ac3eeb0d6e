"""What answered when: by the deployments, and by the stops that only the history knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from registry.registry_values import NOW, add_deployment, add_release, later

from mltui.domain.deployment import DeploymentState, Environment
from mltui.errors import NotFound
from mltui.operations.standing.answering import origin_of
from mltui.operations.standing.which import environment_state, which
from mltui.registry import deployments, environments, events
from mltui.workspace import Workspace


@pytest.fixture
def served(workspace: Workspace) -> Workspace:
    """d1 from 0 s on, stopped at 10 s, d2 from 20 s on, stopped at 30 s, started at 40 s; smoked at 50 s."""
    with workspace.registry.write() as tx:
        first = add_deployment(tx, created_at=NOW)
        deployments.update(tx, first.id, state=DeploymentState.WARM, live_from=later(0), live_until=later(20))
        second = add_deployment(tx, version_id=first.version_id, created_at=later(15))
        deployments.update(tx, second.id, state=DeploymentState.LIVE, live_from=later(20))
        environments.save(
            tx, Environment("production", second.id, endpoint="h:1", smoked_at=later(50), is_smoke_green=True)
        )
        for seconds, kind, name in (
            (0, "TrafficShifted", "d1"), (10, "EnvironmentStopped", ""), (15, "DeploymentStarted", "d2"),
            (20, "TrafficShifted", "d2"), (30, "EnvironmentStopped", ""), (40, "EnvironmentStarted", ""),
            (45, "SmokeFailed", ""),
        ):  # fmt: skip
            events.append(tx, kind, "production", {"deployment": name}, actor="ann", at=later(seconds))
    return workspace


@pytest.mark.parametrize(
    ("seconds", "answered", "was_stopped"),
    [(-1, None, False), (5, 1, False), (15, None, True), (25, 2, False), (35, None, True), (60, 2, False)],
)
def test_what_answered_then_is_known(
    served: Workspace, seconds: float, answered: int | None, *, was_stopped: bool
) -> None:
    found = which(served, "production", at=NOW + timedelta(seconds=seconds))
    assert (found.deployment and found.deployment.id, found.environment.is_stopped) == (answered, was_stopped)


def test_the_health_of_now_is_not_told_of_then(served: Workspace) -> None:
    assert which(served, "production").environment.is_smoke_green is True
    assert which(served, "production", at=later(5)).environment.is_smoke_green is None


def test_the_history_of_then_ends_then(served: Workspace) -> None:
    assert [each.id for each in environment_state(served, "production").history] == [2, 1]
    assert [each.id for each in environment_state(served, "production", at=later(5)).history] == [1]
    starting, live = environment_state(served, "production", at=later(16)).history
    assert (starting.state, starting.live_from) == (DeploymentState.STARTING, None)
    assert (live.state, live.live_until) == (DeploymentState.LIVE, None)


def test_a_stopped_environment_answers_from_nothing(served: Workspace) -> None:
    known = which(served, "production").environment
    with served.registry.write() as tx:
        environments.save(tx, Environment(known.name, known.deployment_id, is_stopped=True))
    assert which(served, "production").deployment is None


def test_an_environment_that_never_was_is_not_found(served: Workspace) -> None:
    with pytest.raises(NotFound, match="moon"):
        which(served, "moon")


def test_who_agreed_is_told_also_by_an_event_that_names_no_person(served: Workspace) -> None:
    with served.registry.write() as tx:
        live = add_deployment(tx, release_id=add_release(tx).id)
        for data in ({}, {"person": "ann"}):
            events.append(tx, "VersionApproved", "r1", data, actor="bob", at=NOW)
        assert origin_of(tx, live).approved_by == ("bob", "ann")
