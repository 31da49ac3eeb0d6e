"""A threshold is looked at, taken without training, and served by a version that went through the same gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from stories.loans import ROW, bring_to_gate, bring_to_production, carry_job, commit, train
from tui.pilots import console, press, text_of

from mltui.cli.commands.version_page import version_lines
from mltui.cli.main import run as mltui
from mltui.config.project import project_from_json
from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.domain.threshold import threshold_of
from mltui.errors import Refused, UsageError
from mltui.operations.standing import browse
from mltui.operations.standing.state import require_version, run_state, version_state
from mltui.operations.standing.which import which
from mltui.operations.versions.compare import compare
from mltui.operations.versions.evaluations import evaluation_table
from mltui.operations.versions.model_card import card_of
from mltui.operations.versions.thresholds import explore_thresholds, take_threshold
from mltui.registry import events
from mltui.serving.client import PredictionClient
from mltui.tui.presentation.version import head_lines
from mltui.workspace import Workspace

THRESHOLD = 0.62


def predicted(workspace: Workspace, *, debt_ratio: float) -> dict[str, Any]:
    with PredictionClient.over_tcp(which(workspace, "production").environment.endpoint) as client:
        return dict(client.predict({**ROW, "debt_ratio": debt_ratio}).body)


def doubtful(workspace: Workspace) -> tuple[float, dict[str, Any]]:
    """A debt ratio at which the loan is only just approved, and the answer to it."""
    answers = ((step / 50, predicted(workspace, debt_ratio=step / 50)) for step in range(200))
    return next((ratio, each) for ratio, each in answers if 0.5 < each["scores"]["yes"] < THRESHOLD)


def test_a_threshold_is_explored_taken_gated_and_served(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    bring_to_gate(workspace, 2)
    ratio, before = doubtful(workspace)
    assert before["label"] == "yes"
    explored = explore_thresholds(workspace, "v1", attribute="sex")
    assert (explored.threshold, explored.rates.positive) == (None, "yes")
    foreseen = explored.rates.at(THRESHOLD)

    requested = take_threshold(workspace, "v1", THRESHOLD)
    assert requested.is_new
    assert requested.run.plan != run_state(workspace, "1").run.plan
    assert not take_threshold(workspace, "v1", THRESHOLD).is_new
    carry_job(workspace, JobKind.RUN, str(requested.run.id))
    found = {step.step: step.cached_from for step in run_state(workspace, str(requested.run.id)).steps}
    assert (found["prepare"], found["train"]) == (1, 1)
    assert (found["evaluate"], found["register"]) == (None, None)

    detail, old = version_state(workspace, "v3"), require_version(workspace, "v1")
    new = detail.version
    assert new.run_id == requested.run.id
    assert new.model != old.model
    assert new.parameters["evaluate"]["parameters"] == {"threshold": THRESHOLD}
    assert new.metrics["accuracy"] == pytest.approx(foreseen.overall.rates["accuracy"])
    assert new.metrics["selection_rate"] == pytest.approx(foreseen.overall.rates["selection_rate"])
    recalls = {each.group: each for each in new.groups if (each.attribute, each.metric) == ("sex", "recall")}
    for each in foreseen.groups:
        assert (recalls[each.group].value, recalls[each.group].verdict) == (each.rates["recall"], each.verdict)
    table, same = evaluation_table(workspace.store, new), evaluation_table(workspace.store, old)
    assert (table.scores == same.scores).all()  # type: ignore[union-attr]
    assert explore_thresholds(workspace, "v3").threshold == THRESHOLD
    differing = {each.name: each.candidate for each in compare(workspace, 3, 1).parameters}
    assert differing == {"evaluate.parameters.threshold": THRESHOLD}
    told = events.list_events(workspace.registry.read(), kind="ThresholdTaken")
    assert [(each.subject, each.data["threshold"]) for each in told] == [("v1", str(THRESHOLD))]

    bring_to_production(workspace, 3)
    assert version_state(workspace, "v3").releases[0].state is ReleaseState.SUCCEEDED
    packages = {version_state(workspace, name).releases[0].package for name in ("v1", "v3")}
    assert len(packages) == 2
    after = predicted(workspace, debt_ratio=ratio)
    assert (after["version"], after["label"], after["scores"]) == ("v3", "no", before["scores"])


def test_a_commit_carries_a_threshold_too(workspace: Workspace, place: Path) -> None:
    project = place / "project"
    file = project / "mltui.toml"
    file.write_text(file.read_text() + "\n[steps.evaluate]\nparameters = { threshold = 0.7 }\n")
    commit(project, "Lend to fewer")
    trained = train(workspace, project)
    assert {step.step: step.cached_from for step in run_state(workspace, str(trained)).steps}["train"] is not None
    assert explore_thresholds(workspace, "latest").threshold == 0.7
    version = version_state(workspace, "v3")
    lines = version_lines(version, card=card_of(workspace, version.version), now=workspace.now())
    assert any("yes from a score of 0.7" in line for line in lines)
    head = head_lines(version, (), now=workspace.now(), width=200)
    assert any("yes from a score of 0.7" in line.plain for line in head)
    for threshold in (1.01, -0.5, float("nan")):
        with pytest.raises(UsageError):
            take_threshold(workspace, "v3", threshold)
    model = next(step for step in run_state(workspace, str(trained)).steps if step.step == "train").outputs["model"]
    workspace.store.path(model).unlink()
    with pytest.raises(Refused, match="was pruned"):
        take_threshold(workspace, "v3", 0.6)
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace('engine = "process"', 'engine = "docker"'))
    with pytest.raises(Refused, match="trained on process"):
        take_threshold(workspace, "v3", 0.6)


async def test_by_keys_it_is_taken_once_a_person_has_confirmed_it(workspace: Workspace) -> None:
    async with console(workspace, show=("version", "v1")) as pilot:
        await press(pilot, "T")
        await press(pilot, "right", "right", "K")
        assert "It registers a new version" in text_of(pilot)
        shown = await press(pilot, "escape")
        assert "yes from a score of 0.520" in shown
        assert len(browse.list_runs(workspace)) == 2
        assert "Run 3" in await press(pilot, "K", "enter")
    run = browse.list_runs(workspace)[0]
    plan = project_from_json(workspace.store.read_bytes(run.plan))
    assert (threshold_of(plan), run.commit) == (0.52, run_state(workspace, "1").run.commit)


def test_the_command_line_tells_all_groups_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLTUI_WORKSPACE", str(workspace.folder))

    def batch(*words: str) -> dict[str, Any]:
        mltui(["--batch", *words])
        return dict(json.loads(capsys.readouterr().out))

    answer = batch("version", "thresholds", "v1", "--at", "0.62", "--by", "sex", "--metric", "selection_rate")
    data = answer["data"]
    assert (data["version"], data["threshold"], data["own_threshold"], data["positive"]) == ("v1", 0.62, None, "yes")
    assert {each["threshold"] for each in data["groups"]} == {0.62}
    assert all(each["verdict"] for each in data["groups"])
    assert data["curve"][0]["recall"][""] == 1.0
    group = data["groups"][0]["group"]
    apart = batch("version", "thresholds", "v1", "--at", "0.62", "--by", "sex", "--apart", f"{group}=0.3")["data"]
    assert apart["is_what_if"]
    assert apart["groups"][0]["threshold"] == 0.3
    assert apart["groups"][1]["rates"] == data["groups"][1]["rates"]

    mltui(["version", "thresholds", "v1", "--apart", f"{group}=0.3"])
    assert "none can be taken" in capsys.readouterr().out
    for words in (["--at", "1.5"], ["--by", "age"], ["--metric", "auc"], ["--apart", "0.5"]):
        refused = batch("version", "thresholds", "v1", *words)
        assert (refused["ok"], refused["error"]["code"]) == (False, "usage")
    assert batch("version", "threshold", "v1", "7")["error"]["code"] == "usage"
