"""Two versions side by side."""

from __future__ import annotations

from difflib import unified_diff

import pytest
from registry.registry_values import add_version, digest

from mltui.operations.versions.compare import compare
from mltui.operations.versions.tree_changes import CodeChanges
from mltui.tui.presentation.compare import group_lines
from mltui.tui.presentation.diff import diff_lines, file_lines, files_of
from mltui.tui.screens.compare import CompareScreen
from mltui.workspace import Workspace
from tui.pilots import console, press
from tui.versions_at_hand import painted, three_versions

TALL = (80, 100)


@pytest.fixture
def versions(workspace: Workspace) -> Workspace:
    three_versions(workspace)
    return workspace


async def test_metrics_groups_and_changes_of_two_versions(versions: Workspace) -> None:
    async with console(versions, show=("compare", "v2 v1"), size=TALL) as pilot:
        shown = await painted(pilot)
    assert "v2 against v1 on the 200 rows that both were evaluated on" in shown
    assert "accuracy  0.9000  0.7500  ▲ +0.1500 better" in shown
    assert "~ changed  train.py  +2  -1" in shown
    assert "+ b = '[bold]␛[31m'" in shown
    assert "- a = 1" in shown
    assert "same in both:  row counts  environment  images  data" in shown


async def test_w_turns_the_comparison_round(versions: Workspace) -> None:
    async with console(versions, show=("compare", "v2 v1"), size=TALL) as pilot:
        shown = await press(pilot, "w")
    assert "Compare v1 v2" in shown
    assert "▼ -0.1500 worse" in shown


async def test_the_group_that_got_worse_stands_first(versions: Workspace) -> None:
    lines = [line.plain for line in group_lines(compare(versions, 3, 1), width=78)]
    assert "female" in lines[1]
    assert "-0.3500 worse" in lines[1]
    assert "✗ outside, was ✓" in lines[1]
    assert "+0.0100 ≈" in lines[2]
    assert all(len(line) <= 78 for line in lines)


@pytest.mark.parametrize("subject", ["v2", "v2 v99", "v2 v1 v3"])
async def test_what_cannot_be_compared_leaves_the_screen_up(versions: Workspace, subject: str) -> None:
    async with console(versions, show=("compare", subject)) as pilot:
        assert isinstance(pilot.app.screen, CompareScreen)
        assert "✗ " in await painted(pilot)


@pytest.mark.parametrize(("screen", "subject"), [("compare", "v4 v5"), ("version", "v5")])
async def test_what_the_store_lost_leaves_the_rest_on_the_screen(
    versions: Workspace, screen: str, subject: str
) -> None:
    with versions.registry.write() as tx:
        for number in (1, 2):
            add_version(tx, source=digest(60 + number), data=digest(70 + number), evaluation=digest(80 + number))
    async with console(versions, show=(screen, subject), size=TALL) as pilot:
        shown = await painted(pilot)
    assert "each on its own rows" in shown
    assert "accuracy" in shown
    assert screen == "version" or shown.count("! ") >= 3


def diff_of(path: str, old: list[str], new: list[str]) -> list[str]:
    return list(unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm=""))


def test_lines_that_look_like_heads_of_files_are_counted_as_lines() -> None:
    tricky = diff_of("a.sql", ["-- a/x", "++ b/x", "same"], ["same", "-- b/y"])
    files = files_of([*tricky, *diff_of("b.py", ["1"], ["2", "3"])])
    assert [(each.path, each.added, each.removed) for each in files] == [("a.sql", 1, 2), ("b.py", 2, 1)]


def test_a_new_file_has_its_own_name() -> None:
    added = list(unified_diff([], ["x"], "/dev/null", "b/new.py", lineterm=""))
    removed = list(unified_diff(["x"], [], "a/old.py", "/dev/null", lineterm=""))
    assert [(each.path, each.added, each.removed) for each in files_of([*added, *removed])] == [
        ("new.py", 1, 0),
        ("old.py", 0, 1),
    ]


def test_every_line_of_a_diff_fits_and_is_literal() -> None:
    code = CodeChanges(
        changed=("a.py",), diff=tuple(diff_of("a.py", ["x" * 200], ["\x1b[31m[bold]\t" + "y" * 300])), is_cut=True
    )
    lines = diff_lines(code, width=40)
    assert all(len(line.plain) <= 40 for line in lines)
    assert sum(line.plain.count("y") for line in lines) == 300 + len("a.py"[3:])
    assert any("␛[31m[bold]" in line.plain for line in lines)
    assert "cut after" in lines[-1].plain
    assert lines[1].style != ""


def test_what_the_store_lost_is_said() -> None:
    told = "\n".join(line.plain for line in file_lines(CodeChanges(problem="blob [x] is missing"), width=60))
    assert "! blob [x] is missing" in told
