"""The group that is worst off, over the versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from operations.gates import NOW
from registry.registry_values import add_deployment, add_run, add_version

from mltui.cli.main import run
from mltui.domain.deployment import DeploymentState
from mltui.domain.version import GroupFigure
from mltui.operations.versions.bias_trend import bias_history
from mltui.workspace import Workspace


def figure(group: str, value: float, *, verdict: str = "within", metric: str = "recall") -> GroupFigure:
    bounds = (value - 0.05, value + 0.05)
    return GroupFigure(
        {"lighting": group}, metric, 80, value, *bounds, value / 0.9, 0.7, 1.1, verdict, difference=value - 0.9
    )


def add(workspace: Workspace, number: int, groups: Mapping[str, float], *, data: str = "a") -> None:
    """A group below 0.65 is outside."""
    verdicts = {name: "outside" if value < 0.65 else "within" for name, value in groups.items()}
    figures = tuple(figure(name, value, verdict=verdicts[name]) for name, value in groups.items())
    with workspace.registry.write() as tx:
        add_version(
            tx,
            run_id=add_run(tx).id,
            created_at=NOW + timedelta(days=number),
            data=data * 64,
            metrics={"recall": 0.9},
            groups=(*figures, figure("tiny", 0.1, verdict="too few"), figure("day", 0.2, metric="precision")),
        )


@pytest.fixture
def versions(workspace: Workspace) -> Workspace:
    """v2 was in production until the fourth day, v3 is since then; v1 had no groups."""
    with workspace.registry.write() as tx:
        add_version(tx, run_id=add_run(tx).id, created_at=NOW + timedelta(days=1), data="a" * 64, groups=())
    add(workspace, 2, {"day": 0.9, "dark": 0.8})
    add(workspace, 3, {"day": 0.7, "dark": 0.85}, data="b")
    add(workspace, 4, {"day": 0.95, "dark": 0.6}, data="b")
    at = [NOW + timedelta(days=days) for days in (2.5, 3.5)]
    with workspace.registry.write() as tx:
        add_deployment(tx, version_id=2, state=DeploymentState.COLD, live_from=at[0], live_until=at[1])
        add_deployment(tx, version_id=3, state=DeploymentState.LIVE, live_from=at[1])
    return workspace


def test_the_worst_group_of_each_version_stands_in_order_with_what_was_in_production(versions: Workspace) -> None:
    now = NOW + timedelta(days=9)
    found = bias_history(versions, at=now)
    assert found.most_telling == ("lighting", "recall")
    points = found.trend("lighting", "recall")
    told = [(each.version, each.worst and each.worst.group, each.worst and each.worst.value) for each in points]
    assert told == [(2, "dark", 0.8), (3, "day", 0.7), (4, "dark", 0.6)]
    assert [each.standing for each in points] == ["before", "live", "never"]
    assert [each.has_new_data for each in points] == [False, True, False]
    assert {each.overall for each in points} == {0.9}
    assert found.trend("lighting", "nothing") == found.trend("camera", "recall") == ()


def test_a_past_trend_stays_as_it_was(versions: Workspace) -> None:
    then = bias_history(versions, until=3, at=NOW + timedelta(days=3)).trend("lighting", "recall")
    assert [(each.version, each.standing) for each in then] == [(2, "live"), (3, "never")]
    assert [each.version for each in bias_history(versions, limit=2).trend("lighting", "recall")] == [3, 4]


def test_the_trend_is_told_to_people_and_scripts(versions: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--workspace", str(versions.folder), "version", "trend"]
    assert run(at) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "recall of the group of lighting that is worst off" in lines[0]
    assert [line.split()[0] for line in lines[1:]] == ["VERSION", "v2", "v3", "v4"]
    assert "outside" in lines[-1]
    assert run(["--batch", *at, "--by", "lighting", "--metric", "precision"]) == 0
    (first, *_) = json.loads(capsys.readouterr().out)["data"]["versions"]
    assert (first["version"], first["worst"]["slice"], first["worst"]["value"]) == ("v2", {"lighting": "day"}, 0.2)
    assert run([*at, "--by", "camera"]) == 2
    assert "no version has recall by camera" in capsys.readouterr().err
