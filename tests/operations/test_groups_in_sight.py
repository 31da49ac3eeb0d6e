"""Nobody decides on a release without reading how its groups stand, whatever its gate asks for."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from operations.gates import as_person, write_policy
from operations.small_project import lay_down
from operations.test_compare import version
from operations.test_whom_it_harms import said
from registry.registry_values import NOW, add_release

from mltui.domain.bias_in_sight import bias_in_sight
from mltui.domain.policy import CheckRule
from mltui.domain.release import ReleaseState
from mltui.domain.version import GroupFigure
from mltui.operations.releases.release_page import release_page
from mltui.operations.releases.unchecked_groups import unchecked_groups
from mltui.operations.workspaces.initialise import init_workspace
from mltui.tui.presentation.evidence import bias_lines
from mltui.tui.presentation.release import decision_lines
from mltui.workspace import Workspace


def figure(group: str, value: float, *, ratio: float, verdict: str, metric: str = "recall") -> GroupFigure:
    return GroupFigure({"age": group}, metric, 90, value, 0.1, 0.9, ratio, 0.2, 0.9, verdict, difference=value - 0.8)


YOUNG = figure("18-29", 0.4, ratio=0.5, verdict="outside")
TWIN = figure("18-29", 0.4, ratio=0.5, verdict="outside", metric="recall:taco")
OLD = figure("60+", 0.79, ratio=0.98, verdict="within")
RARE = figure("30-59", 0.7, ratio=0.9, verdict="undecided")
HEAD = "bias: 1 of 3 figures by group outside, 1 undecided or of too few rows; no check of this gate looks at them"
WORST = "recall of 18-29 (age) 0.4, 0.5 times that of all others"


def test_the_approver_reads_what_is_outside_where_no_check_looks_at_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    write_policy(workspace)
    made = version(workspace, groups=(OLD, RARE, YOUNG, TWIN))
    with workspace.registry.write() as tx:
        add_release(tx, version_id=made.id, state=ReleaseState.WAITING_APPROVAL, waiting_since=NOW)
    page = release_page(as_person(workspace, "bob"), "r1")
    told = [line.plain for line in bias_lines(page, width=200)]
    assert told == [HEAD, f"  {WORST}", "· the policy asks for no bias check"]
    assert f"! {HEAD}" in [line.plain for line in decision_lines(page, width=200)]
    at = ["--workspace", str(workspace.folder)]
    lines = said([*at, "release", "show", "r1"], capsys).splitlines()
    assert lines[lines.index(HEAD) + 1] == f"  {WORST}"
    (outside,) = json.loads(said(["--batch", *at, "release", "show", "r1"], capsys))["data"]["bias"]["outside"]
    assert outside["slice"] == {"age": "18-29"}
    notes = json.loads(said(["--batch", *at, "policy", "check"], capsys))["data"]["notes"]
    line = '{ metric = "recall", attribute = "age", dry_run = true }'
    assert (
        f"! production: no check looks at age of v1, though figures by it are outside; write {line}"
        " and leave dry_run out to have it decide"
    ) in notes
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("checks = [", f"checks = [{line}, "))
    assert list(unchecked_groups(workspace, workspace.policy())) == []


def test_counts_worst_and_who_looks_at_them(workspace: Workspace) -> None:
    made = version(workspace, groups=(OLD, RARE, YOUNG, TWIN))
    found = bias_in_sight(made, ())
    assert (found.head, found.worst, found.is_unseen) == (HEAD, (WORST,), True)
    seen = bias_in_sight(made, (CheckRule("recall", attribute="age"),))
    assert (seen.head.endswith("; its checks look at 1 of them"), seen.is_unseen) == (True, False)
    assert bias_in_sight(made, None).head.endswith("too few rows")
    other = (CheckRule("recall", attribute="age", group="60+", floor=0.1), CheckRule("split_rows", attribute="age"))
    assert bias_in_sight(made, other).is_unseen
    fine = bias_in_sight(version(workspace, groups=(OLD,)), (CheckRule("recall", attribute="age"),))
    assert fine.head == "bias: all 1 figures by group are within the limits"
    assert bias_in_sight(version(workspace, groups=()), ()).head == "bias: the version has no groups"


def test_a_new_workspace_looks_at_the_attributes_that_the_project_declares(tmp_path: Path) -> None:
    project = lay_down(tmp_path / "project")
    declared = project / "mltui.toml"
    declared.write_text(declared.read_text().replace("[steps", 'attributes = ["sex", "age \\"x\\""]\n[steps', 1))
    with contextlib.closing(init_workspace(project, folder=tmp_path / "made", engine="process")) as made:
        rules = made.policy().environments["production"].checks
    found = [(rule.metric, rule.attribute, rule.dry_run) for rule in rules if rule.attribute]
    assert found == [("recall", "sex", True), ("recall", 'age "x"', True)]


def test_of_two_classes_a_figure_stands_once_and_the_head_says_whose_it_is(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    version(workspace, groups=(YOUNG, TWIN, replace(TWIN, metric="recall:burrito")))
    at = ["--workspace", str(workspace.folder), "version", "bias", "v1"]
    lines = said(at, capsys).splitlines()
    whose = "; recall and other rates without a class are of taco"
    assert lines[0] == f"v1: 2 of 2 figures, the worst first{whose}"
    assert not [line for line in lines if "recall:taco" in line]
    assert "recall:taco" in said([*at, "--metric", "recall:taco"], capsys), "asked for by its name it is told"
