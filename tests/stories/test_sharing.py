"""Two versions that answer together: by the registry's parts, whatever dies, and until the next switch or stop."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from stories.impostor import impostor_of
from stories.loans import bring_to_production, carry_job, live, roll_back
from stories.pictures import add_version, noise, picture_workspace
from stories.soundness import assert_history, await_that, is_in_line

from mltui.domain.deployment import DeploymentState, Share
from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.operations.environments.roll_back import request_rollback, request_start, request_stop
from mltui.operations.environments.share_traffic import request_share
from mltui.operations.standing.state import require_version
from mltui.operations.standing.which import which
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import deployments, events, jobs
from mltui.serving.client import PredictionClient
from mltui.worker.environments import gateways, sharing, traffic, windows
from mltui.worker.environments.place import Place
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.loop import carry
from mltui.worker.watch import look_after
from mltui.workspace import Workspace

CANARY, LIVE, WARM = DeploymentState.CANARY, DeploymentState.LIVE, DeploymentState.WARM
PICTURE = noise("dark", seed=5)


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Workspace]:
    """v1 was in production before v2."""
    with picture_workspace(tmp_path_factory, tmp_path, engine="process") as opened:
        bring_to_production(opened, 1)
        bring_to_production(opened, add_version(opened, slope=5))
        yield opened


@pytest.fixture
def place(workspace: Workspace) -> Place:
    return place_for_emergency(workspace, "production")


def answers(workspace: Workspace, count: int = 50) -> Counter[str]:
    """Version → how many of `count` requests it answered."""
    with PredictionClient.over_tcp(which(workspace, "production").environment.endpoint) as client:
        return Counter(client.predict(PICTURE).headers.get("x-mltui-version", "none") for _ in range(count))


def share(place: Place, first: int, second: int) -> None:
    """Parts of d1 and d2; 0 to end it."""
    known = {each.id: each for each in deployments.of_environment(place.workspace.registry.read(), place.name)}
    traffic.prove(place, known[1])
    sharing.share(place, {1: first, 2: second})


class Died(BaseException):
    """Stands for the end of the worker."""


def die_between_weights_and_record(workspace: Workspace, kind: JobKind) -> None:
    die_at_boundary(workspace, kind, "pointed")


def die_at_boundary(workspace: Workspace, kind: JobKind, boundary: str) -> None:
    def die(stage: str) -> None:
        if stage == boundary:
            raise Died

    job = jobs.of_subject(workspace.registry.read(), kind=kind, subject="production")
    assert job is not None
    with pytest.raises(Died):
        carry(workspace, job, on_boundary=die, is_stopping=lambda: False)


def break_server(workspace: Workspace, server: str) -> None:
    """The next start of it ends at once."""
    name = workspace.container_name(server)
    launch = workspace.processes_folder / name / "launch.json"
    launch.write_text(json.dumps(json.loads(launch.read_text()) | {"argv": ["/bin/false"]}))
    workspace.engine("process").stop(name, timeout_seconds=5)


def states(place: Place) -> list[DeploymentState]:
    return [each.state for each in deployments.of_environment(place.workspace.registry.read(), place.name)]


def ended(workspace: Workspace) -> list[str]:
    found = events.list_events(workspace.registry.read(), kind="SharingEnded", limit=10)
    return [str(each) for each in found]


def test_versions_answer_by_their_parts_and_what_dies_comes_back_with_them(workspace: Workspace, place: Place) -> None:
    share(place, 10, 90)
    known = deployments.of_environment(workspace.registry.read(), "production")
    before = [windows.read(place, each) for each in known]
    assert answers(workspace, 100) == {"v1": 10, "v2": 90}
    found = [windows.window(then, windows.read(place, each)) for then, each in zip(before, known, strict=True)]
    assert [(each.answered, each.refused, each.failed) for each in found] == [(10, 0, 0), (90, 0, 0)]
    assert [sum(each.latency.values()) for each in found] == [10, 90]
    assert states(place) == [CANARY, LIVE]
    assert place.environment.shares == (Share(1, 10), Share(2, 90))
    (event,) = events.list_events(workspace.registry.read(), kind="TrafficShared", limit=5)
    assert str(event) == "production is answered by d1 (v1) 10 %, d2 (v2) 90 %"
    share(place, 10, 90)
    assert len(events.list_events(workspace.registry.read(), kind="TrafficShared", limit=5)) == 1

    for name in ("gateway-production", "d1.1"):
        workspace.engine("process").remove(workspace.container_name(name))
    assert not traffic.is_in_line(place)
    look_after(place)
    await_that(lambda: traffic.is_in_line(place), what="gateway and server are back")
    await_that(lambda: all(each.is_up for each in gateways.admin_of(workspace, place.name).servers()), what="all up")
    found = answers(workspace, 100)
    assert found["v1"] == pytest.approx(10, abs=1)
    assert found.total() == found["v1"] + found["v2"]

    sharing.share(place, {2: 100})
    assert answers(workspace) == {"v2": 50}
    assert (states(place), place.environment.shares) == ([WARM, LIVE], ())
    assert ended(workspace) == ["d1 (v1) has no part of the traffic of production any more"]
    assert_history(workspace)


def test_each_version_that_shares_is_smoked_by_itself(workspace: Workspace, place: Place) -> None:
    share(place, 1, 99)
    version = require_version(workspace, "v2")
    assert traffic.smoke_endpoint(place, version).is_green
    with impostor_of(workspace, "d1.1"):
        await_that(lambda: all(each.is_up for each in place.gateway().servers()), what="nobody notices")
        report = traffic.smoke_endpoint(place, version)
    assert (report.is_green, "; v1: " in report.sentence) == (False, True)


def test_weights_without_their_record_are_taken_back(workspace: Workspace, place: Place) -> None:
    sharing.point(place, {1: 40, 2: 60})
    look_after(place)
    assert is_in_line(workspace, "production")
    assert answers(workspace) == {"v2": 50}


def test_a_person_shares_the_traffic_and_a_rollback_gives_it_back_to_the_live_one(
    workspace: Workspace, place: Place
) -> None:
    request_share(workspace, "production", {1: 30, 2: 70})
    die_between_weights_and_record(workspace, JobKind.SHARE)
    done = carry_job(workspace, JobKind.SHARE, "production")
    assert done.error is None
    assert len(events.list_events(workspace.registry.read(), kind="TrafficShared", limit=5)) == 1
    assert [(each["version"], each["percent"]) for each in done.result["shares"]] == [("v1", 30), ("v2", 70)]
    assert answers(workspace, 100) == {"v1": 30, "v2": 70}

    request_rollback(workspace, "production", reason="it is wrong", leaving=1)
    die_between_weights_and_record(workspace, JobKind.ROLLBACK)
    job = carry_job(workspace, JobKind.ROLLBACK, "production")
    assert job.error is None
    assert len(ended(workspace)) == 1
    assert job.result["left"] == {"deployment": "d1", "version": "v1", "is_withdrawn": False}
    assert job.result["restored"]["version"] == "v2"
    assert answers(workspace) == {"v2": 50}
    assert (live(workspace), states(place), place.environment.shares) == (2, [WARM, LIVE], ())

    request_share(workspace, "production", {1: 30, 2: 70})
    assert carry_job(workspace, JobKind.SHARE, "production").error is None
    break_server(workspace, "d2.1")
    job = roll_back(workspace)
    assert job.error is None
    assert job.result["left"] == {"deployment": "d2", "version": "v2", "is_withdrawn": True}
    assert job.result["restored"]["version"] == "v1"
    assert answers(workspace) == {"v1": 50}
    verify_history(workspace)


def test_whoever_shares_is_told_that_somebody_was_faster(workspace: Workspace) -> None:
    request_share(workspace, "production", {1: 30, 2: 70})
    assert roll_back(workspace).error is None
    error = carry_job(workspace, JobKind.SHARE, "production").error
    assert error is not None
    assert (error["code"], answers(workspace)) == ("moved_meanwhile", {"v1": 50})


def test_a_rollback_is_not_undone_by_a_share_that_was_asked_for_before_it(workspace: Workspace, place: Place) -> None:
    share(place, 10, 90)
    request_share(workspace, "production", {1: 50, 2: 50})
    assert roll_back(workspace).error is None
    error = carry_job(workspace, JobKind.SHARE, "production").error
    assert error is not None
    assert (error["code"], answers(workspace)) == ("moved_meanwhile", {"v2": 50})


def test_a_rollback_that_finds_another_one_live_after_a_crash_goes_back_from_that(
    workspace: Workspace, place: Place
) -> None:
    share(place, 10, 90)
    request_rollback(workspace, "production", reason="it is wrong")
    die_at_boundary(workspace, JobKind.ROLLBACK, "sharing")
    bring_to_production(workspace, add_version(workspace, slope=6))
    job = carry_job(workspace, JobKind.ROLLBACK, "production")
    assert (job.error, answers(workspace), place.environment.shares) == (None, {"v2": 50}, ())
    assert_history(workspace)


def test_a_stop_ends_the_sharing(workspace: Workspace, place: Place) -> None:
    share(place, 50, 50)
    request_stop(workspace, "production", reason="none is fit")
    carry_job(workspace, JobKind.STOP, "production")
    assert answers(workspace, 4) == {"none": 4}
    assert (states(place), place.environment.shares, len(ended(workspace))) == ([WARM, LIVE], (), 1)
    request_start(workspace, "production")
    carry_job(workspace, JobKind.START, "production")
    assert answers(workspace) == {"v2": 50}


def test_a_switch_to_one_of_those_that_share_ends_the_sharing(workspace: Workspace, place: Place) -> None:
    share(place, 50, 50)
    assert roll_back(workspace, to_version=1).state is WorkState.SUCCEEDED
    assert answers(workspace) == {"v1": 50}
    assert (live(workspace), place.environment.shares, ended(workspace)) == (1, (), [])
    assert is_in_line(workspace, "production")
    bring_to_production(workspace, add_version(workspace, slope=6))
    assert_history(workspace)
