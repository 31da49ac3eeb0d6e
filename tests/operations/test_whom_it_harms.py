"""A group that gets worse while the average gets better is said first, wherever two versions are held together."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from operations.test_compare import version
from registry.registry_values import NOW, add_release, add_version, later
from tui.scene import lay_scene

from mltui.cli.main import run
from mltui.domain.harm import Harm
from mltui.domain.release import Stage
from mltui.domain.run import WorkState
from mltui.errors import Damaged
from mltui.operations.standing.browse import list_versions
from mltui.operations.versions.answer_changes import KEY, checked_changes
from mltui.operations.versions.compare import compare
from mltui.registry import harms, stages
from mltui.tui.presentation.versions import Live, version_cells
from mltui.workspace import Workspace


def table(*, dark: int, day: int) -> bytes:
    """200 rows in the dark and 1000 by day, of which the first so many are answered rightly."""
    lines = ["row_id,truth,prediction,attribute:lighting"]
    for name, rows, right in (("dark", 200, dark), ("day", 1000, day)):
        lines += [f"{name}{row},taco,{'taco' if row < right else 'burrito'},{name}" for row in range(rows)]
    return "\n".join(lines).encode()


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(words) == 0
    return capsys.readouterr().out


def test_compare_says_first_whom_a_version_harms(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    old = version(workspace, table=table(dark=170, day=800), groups=())
    new = version(workspace, table=table(dark=130, day=900), groups=())
    found = compare(workspace, new.id, old.id)
    assert found.harm == (
        "v2 is worse than v1 for dark (lighting): right on 65.0 % of its 200 rows instead of 85.0 % (40 broken, "
        "0 fixed; p < 0.001 after Holm over 2 groups), while all 1,200 rows together get better, from 80.8 % to 85.8 %."
    )
    assert compare(workspace, old.id, new.id).harm.startswith("v1 is worse than v2 for day (lighting): ")
    assert compare(workspace, new.id, new.id).harm == ""
    at = ["--workspace", str(workspace.folder)]
    lines = said([*at, "version", "compare", "v2", "v1"], capsys).splitlines()
    assert lines[0] == f"✗ {found.harm}"
    rows = {tuple(line.split()[:2]): line.split() for line in lines}
    assert rows["lighting", "dark"][2:7] == ["200", "0", "40", "-40", "-0.2000"]
    assert rows["lighting", "day"][-2:] == ["✓", "better"]
    data = json.loads(said(["--batch", *at, "version", "compare", "v2", "v1"], capsys))["data"]
    assert data["harm"] == found.harm
    groups = {each["group"]: each for each in data["answers"]["groups"]}
    assert (groups["dark"]["effect"], groups["dark"]["change"]["net"]) == ("worse", -40)
    assert data["answers"]["whole"]["difference"] == pytest.approx(60 / 1200)


def test_a_release_says_first_whom_it_would_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_scene(tmp_path / "tacos").close()
    at = ["--workspace", str(tmp_path / "tacos")]
    lines = said([*at, "release", "show", "r5"], capsys).splitlines()
    assert lines[0].startswith("✗ v5 is worse than v3 for dark (lighting): right on ")
    assert any(line.split()[:3] == ["lighting", "neon", "20"] and "too few" in line for line in lines)
    assert "is worse than" not in said([*at, "release", "show", "r2"], capsys)
    for name, is_told in (("r5", True), ("r2", False), ("r1", False)):
        data = json.loads(said(["--batch", *at, "release", "show", name], capsys))["data"]
        assert data["harm"].startswith("v5 is worse than v3") is is_told


def test_a_list_of_versions_names_whom_each_harms_instead_of_calling_it_better(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = lay_scene(tmp_path / "tacos")
    at = ["--workspace", str(tmp_path / "tacos")]
    listed = {row.facts.id: row for row in list_versions(workspace)}
    harm = listed[5].harm
    assert harm is not None
    assert (harm.baseline, harm.attribute, harm.group, harm.after < harm.before) == (3, "lighting", "dark", True)
    assert {id for id, row in listed.items() if row.harm is not None} == {4, 5}
    live = Live(3, {"accuracy": 0.5})
    cells = version_cells(
        listed[5], metric="accuracy", live=live, goal="production", is_marked=False, is_filtered=False,
        now=workspace.now(), width=80,
    )  # fmt: skip
    assert str(cells[2]).endswith(" ✗ harms dark")
    assert "better" not in str(cells[2])
    brief = version_cells(
        replace(listed[5], harm=replace(harm, groups=2)), metric="accuracy", live=live, goal="production",
        is_marked=False, is_filtered=False, now=workspace.now(), width=80, is_brief=True,
    )  # fmt: skip
    assert str(brief[2]).endswith(" ✗ harms +1")
    workspace.close()
    lines = said([*at, "version", "list"], capsys).splitlines()
    assert next(line for line in lines if line.startswith("v5")).endswith("✗ dark (lighting), against v3")
    data = json.loads(said(["--batch", *at, "version", "list"], capsys))["data"]["versions"]
    assert {each["id"]: each["harm"] and each["harm"]["group"] for each in data if each["id"] > 3}[5] == "dark"


def test_only_the_newest_comparison_that_had_ended_says_whom_a_version_harms(workspace: Workspace) -> None:
    def groups(*effects: str) -> dict[str, Any]:
        change = {"before": 0.9, "after": 0.6}
        told = [{"attribute": "a", "group": f"g{place}", "effect": each, "change": change | {"after": 0.6 - place / 10}}
                for place, each in enumerate(effects)]  # fmt: skip
        return {KEY: {"production": 1, "changes": {"metric": "accuracy", "groups": told}}}

    found = [groups("worse"), groups("noise", "worse", "worse"), {}, groups("better"), {KEY: {"production": 1}}]
    with workspace.registry.write() as tx:
        ids = [add_version(tx).id for _ in range(3)]
        for version_id, data in ((ids[0], found[0]), (ids[0], found[1]), (ids[0], found[2]), (ids[1], found[0]),
                                 (ids[1], found[3]), (ids[2], found[4])):  # fmt: skip
            made = add_release(tx, version_id=version_id)
            stages.save(tx, Stage(made.id, "checks", WorkState.SUCCEEDED, NOW, later(made.id), data=data))
    conn = workspace.registry.read()
    assert harms.of_versions(conn, ids) == {ids[0]: Harm(1, "a", "g2", 0.9, pytest.approx(0.4), 2)}
    assert harms.of_versions(conn, ids, until=later(1)) == {ids[0]: Harm(1, "a", "g0", 0.9, 0.6, 1)}
    found[1][KEY]["changes"]["groups"][2]["group"] = 2
    with workspace.registry.write() as tx:
        stages.save(tx, Stage(2, "checks", WorkState.SUCCEEDED, NOW, later(2), data=found[1]))
    assert harms.of_versions(conn, ids) == {}


def test_what_the_checks_found_is_read_or_said_to_be_damaged() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    stage = Stage(1, "checks", WorkState.SUCCEEDED, at, at, data={KEY: {"production": "one"}})
    with pytest.raises(Damaged, match="what the checks found cannot be read"):
        checked_changes([stage])
    assert checked_changes([]) is None
