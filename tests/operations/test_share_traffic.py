"""Which sharing of a traffic may be asked for, what is told of it, and what a rollback would do meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from operations.gates import write_policy
from operations.test_rollback_plan import plan, released
from registry.registry_values import NOW, add_release, later

from mltui.cli.main import run
from mltui.domain.deployment import DeploymentState, Environment, Share
from mltui.domain.job import JobKind
from mltui.domain.release import Stage
from mltui.domain.run import WorkState
from mltui.errors import Conflict, MltuiError, NotFound, Refused, UsageError
from mltui.operations.environments.roll_back import request_rollback
from mltui.operations.environments.share_traffic import request_share
from mltui.operations.standing.environment_health import environments_health
from mltui.operations.standing.which import which
from mltui.registry import deployments, environments, events, jobs, releases, stages
from mltui.workspace import Workspace


@pytest.fixture
def live(workspace: Workspace) -> Workspace:
    """v1 and v2 were good, v3 was not, v4 is live."""
    write_policy(workspace)
    released(workspace, live_from=later(1), is_baked=True, state=DeploymentState.COLD)
    released(workspace, live_from=later(2), was_healthy_when_replaced=True, state=DeploymentState.WARM)
    released(workspace, live_from=later(3), state=DeploymentState.WARM)
    fourth = released(workspace, live_from=later(4), is_baked=True)
    with workspace.registry.write() as tx:
        deployments.update(tx, fourth.id, state=DeploymentState.LIVE)
        environments.save(tx, Environment("production", fourth.id, endpoint="127.0.0.1:1"))
    return workspace


def share(workspace: Workspace, *shares: Share) -> None:
    known = environments.find(workspace.registry.read(), "production")
    assert known is not None
    with workspace.registry.write() as tx:
        deployments.update(tx, shares[0].deployment_id, state=DeploymentState.CANARY)
        environments.save(tx, Environment(known.name, known.deployment_id, endpoint=known.endpoint, shares=shares))


def test_versions_that_were_good_here_share_the_traffic_with_the_live_one(live: Workspace) -> None:
    job = request_share(live, "production", {4: 80, 2: 15, 1: 5})
    assert job.kind is JobKind.SHARE
    assert job.payload == {"percents": {"4": 80, "2": 15, "1": 5}, "live": 4, "before": {"4": 100}}
    with pytest.raises(Conflict, match="a share of production by"):
        request_share(live, "production", {4: 50, 2: 50})
    assert request_rollback(live, "production", reason="no queue").kind is JobKind.ROLLBACK


@pytest.mark.parametrize(
    ("percents", "error", "said"),
    [
        ({4: 90, 3: 10}, Refused, "v3 never finished its bake here"),
        ({4: 90, 9: 10}, NotFound, "there is no v9"),
        ({4: 90, 2: 20}, UsageError, "90 \\+ 20 makes 110"),
        ({2: 100}, Refused, "what is live \\(d4\\) would have no part"),
        ({4: 100}, Refused, "is shared so already"),
    ],
)
def test_what_is_no_sharing_is_refused_before_anything_moves(
    live: Workspace, percents: Mapping[int, int], error: type[MltuiError], said: str
) -> None:
    with pytest.raises(error, match=said):
        request_share(live, "production", percents)
    assert jobs.unfinished(live.registry.read()) == []


def test_a_stopped_environment_has_no_traffic_to_share(live: Workspace) -> None:
    with live.registry.write() as tx:
        environments.save(tx, Environment("production", 4, is_stopped=True))
    with pytest.raises(Refused, match="is stopped"):
        request_share(live, "production", {4: 50, 2: 50})
    with pytest.raises(NotFound, match="moon"):
        request_share(live, "moon", {4: 50, 2: 50})


def test_a_lock_lets_good_versions_share(live: Workspace) -> None:
    with live.registry.write() as tx:
        environments.save(tx, Environment("production", 4, locked_at=NOW, locked_by="ann", lock_reason="14"))
    assert request_share(live, "production", {4: 50, 2: 50}).kind is JobKind.SHARE


def test_nobody_shares_beside_a_release_that_moves_the_traffic(live: Workspace) -> None:
    with live.registry.write() as tx:
        release = add_release(tx, version_id=4)
        stages.save(tx, Stage(release.id, "staging", WorkState.RUNNING))
    assert request_share(live, "production", {4: 50, 2: 50})
    with live.registry.write() as tx:
        jobs.set_state(tx, 1, state=WorkState.SUCCEEDED, at=NOW)
        stages.save(tx, Stage(release.id, "bake", WorkState.RUNNING))
    with pytest.raises(Conflict, match="r1 is bringing v4"):
        request_share(live, "production", {4: 50, 2: 50})
    assert releases.unfinished(live.registry.read(), environment="production")


def test_every_answer_about_the_environment_tells_the_parts(
    live: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    share(live, Share(2, 10), Share(4, 90))
    monkeypatch.setenv("MLTUI_WORKSPACE", str(live.folder))
    (health,) = [each for each in environments_health(live.registry.read(), None, now=NOW) if each.name == "production"]
    assert {each.deployment_id: each.percent for each in health.weights} == {4: 90, 3: 0, 2: 10}
    assert run(["traffic", "production"]) == 0
    assert capsys.readouterr().out.splitlines() == [" 90 %   v4   d4", " 10 %   v2   d2"]
    for command in ("which", "env show", "env list", "status"):
        assert run(command.split()) == 0
        assert "SHARED: v4 90 %, v2 10 %" in capsys.readouterr().out, command
    assert run(["--batch", "which"]) == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert (data["version"], [each["percent"] for each in data["answering"]]) == ("v4", [90, 10])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("v4=90 v2", "“v2” names no part"),
        ("v4=90 v2=-1", "“v2=-1” names no part"),
        ("v4=90 x=10", "“x” is not the name of a version"),
        ("v4=50 v4=50", "v4 is named twice"),
        ("v4=50 v2=40", "50 \\+ 40 makes 90"),
    ],
)
def test_words_that_name_no_parts_end_with_2(
    live: Workspace, words: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLTUI_WORKSPACE", str(live.folder))
    for call in (["traffic", "production", *words.split()], ["traffic", *words.split()]):
        assert run(call) == 2
        assert capsys.readouterr().err.replace("+", "\\+").find(said) > 0


def test_the_parts_of_then_are_known(live: Workspace) -> None:
    def append(kind: str, seconds: float, **data: object) -> None:
        with live.registry.write() as tx:
            events.append(tx, kind, "production", data, actor="ann", at=later(seconds))

    append("TrafficShifted", 4, deployment="d4")
    append("TrafficShared", 10, percents={"d2": 10, "d4": 90})
    append("SharingEnded", 20)
    append("TrafficShared", 20, percents={"d1": 30, "d4": 70})
    append("SharingEnded", 30)
    found = {
        seconds: {each.deployment.id: each.percent for each in which(live, "production", at=later(seconds)).answering}
        for seconds in (5, 15, 25, 35)
    }
    assert found == {5: {4: 100}, 15: {4: 90, 2: 10}, 25: {4: 70, 1: 30}, 35: {4: 100}}


def test_a_rollback_would_take_the_largest_part_back_to_the_live_version(live: Workspace) -> None:
    share(live, Share(2, 10), Share(4, 90))
    found = plan(live)
    assert found.current is not None
    assert found.target is not None
    assert (found.current.deployment.id, found.target.deployment.id) == (2, 4)
    assert (found.current.reason, found.problem) == ("answers 10 % of the requests", "")
    assert request_rollback(live, "production", reason="it is wrong", leaving=2).kind is JobKind.ROLLBACK
