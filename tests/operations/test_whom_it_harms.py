"""A group that gets worse while the average gets better is said first, wherever two versions are held together."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from operations.test_compare import version
from tui.scene import lay_scene

from mltui.cli.main import run
from mltui.domain.release import Stage
from mltui.domain.run import WorkState
from mltui.errors import Damaged
from mltui.operations.answer_changes import KEY, checked_changes
from mltui.operations.compare import compare
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


def test_what_the_checks_found_is_read_or_said_to_be_damaged() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    stage = Stage(1, "checks", WorkState.SUCCEEDED, at, at, data={KEY: {"production": "one"}})
    with pytest.raises(Damaged, match="what the checks found cannot be read"):
        checked_changes([stage])
    assert checked_changes([]) is None
