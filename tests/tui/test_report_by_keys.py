"""The report of a version by keys, and the group that is worst off over the versions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mltui.domain.version import GroupFigure
from mltui.operations.versions.bias_trend import Standing, TrendPoint
from mltui.tui.presentation.bias_trend import bias_trend_lines
from mltui.workspace import Workspace
from tui.pilots import console, press
from tui.test_weights_and_pins import toasts
from tui.versions_at_hand import three_versions

AT = datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_report_is_written_where_a_person_says_and_lies_there(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    three_versions(workspace)
    usual = folder / f"{workspace.project_name}-v1.html"
    async with console(workspace, show=("version", "v1")) as pilot:
        assert usual.name in await press(pilot, "E")
        await press(pilot, "escape")
        assert list(folder.iterdir()) == []
        await press(pilot, "E", "enter")
        assert toasts(pilot)[-1] == f"report of v1 written to {usual}"
        await press(pilot, "E", *"a.md", "enter")
        (folder / "a.md").write_text("my own")
        await press(pilot, "E", *"a.md", "enter")
        assert "a.md is no report of this version" in " ".join(toasts(pilot))
    assert usual.read_text("utf-8").startswith("<!doctype html>")
    assert {each.name: each.read_text("utf-8")[:6] for each in folder.iterdir()}["a.md"] == "my own"


def point(version: int, standing: Standing, group: str, value: float, verdict: str) -> TrendPoint:
    bounds = (value - 0.1, value + 0.1)
    worst = GroupFigure({"lighting": group}, "recall", 60, value, *bounds, 0.9, 0.8, 1.0, verdict)
    return TrendPoint(version, AT, standing, worst, 0.9, has_new_data=version == 3)


@pytest.mark.parametrize("width", [30, 60, 76, 116])
def test_each_version_has_its_worst_group_on_one_scale(width: int) -> None:
    points = [
        point(1, "before", "dark", 0.7, "undecided"),
        point(2, "live", "[b]\x1b[31m" + "x" * 40, 0.8, "within"),
        point(3, "never", "dark", 0.5, "outside"),
    ]
    lines = [line.plain for line in bias_trend_lines(points, current=3, width=width)]
    assert all(len(line) <= width for line in lines)
    assert [line.split()[:2] for line in lines[:2]] == [["◇", "v1"], ["◆", "v2"]]
    assert lines[2].split()[:2] == ["v3", "~"]
    assert "\x1b" not in "".join(lines)
    if width >= 60:
        assert lines[2].index("●") < lines[0].index("●") < lines[1].index("●")
        assert "✗ outside" in lines[2]


def test_one_version_alone_is_no_trend() -> None:
    (line,) = bias_trend_lines([point(1, "live", "dark", 0.7, "within")], current=1, width=60)
    assert "fewer than two versions" in line.plain
