"""Every screen and every dialog, as it was looked at and found good; and the README's pictures of the same."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mltui.tui.acts import ACTS
from mltui.tui.screens import SCREENS
from mltui.workspace import Workspace
from tui.scene_once import copy_of_scene, opened_at_noon
from tui.shots import (
    DOORS,
    PICTURED,
    PICTURES,
    RENEW,
    SHOTS,
    SIZES,
    SNAPSHOTS,
    Shot,
    door_at,
    snapshot_file,
    text_at,
    text_in,
)

MOST_BYTES = 60_000
_SIZES = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = opened_at_noon(copy_of_scene(tmp_path_factory, tmp_path_factory.mktemp("scene")))
    yield made
    made.close()


@_SIZES
@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
async def test_a_screen_is_as_it_was_found_good(
    scene: Workspace, shot: Shot, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLTUI_WORKSPACE", str(scene.folder))
    _require_same(snapshot_file(shot.name, size), await text_at(scene, shot, size))


@_SIZES
@pytest.mark.parametrize("name", DOORS)
async def test_the_doorway_is_as_it_was_found_good(name: str, size: tuple[int, int]) -> None:
    _require_same(snapshot_file(name, size), await door_at(name, size))


def test_every_screen_and_every_act_with_a_dialog_has_a_snapshot() -> None:
    shown = {shot.show[0] for shot in SHOTS} | {shot.name for shot in SHOTS}
    acted = {shot.act or shot.name for shot in SHOTS}
    assert set(SCREENS) <= shown
    assert set(ACTS) - {"start", "resume", "compare"} <= acted


def test_no_snapshot_is_left_of_what_is_not_looked_at_any_more() -> None:
    wanted = {snapshot_file(name, size) for size in SIZES for name in (*DOORS, *(shot.name for shot in SHOTS))}
    assert set(SNAPSHOTS.iterdir()) == wanted


@pytest.mark.parametrize("name", PICTURED)
def test_a_picture_of_the_readme_shows_what_the_snapshot_says(name: str) -> None:
    picture = (PICTURES / f"{name}.svg").read_text("utf-8")
    told = snapshot_file(name, SIZES[1]).read_text("utf-8")
    assert text_in(picture) == ["".join(line.split()) for line in told.splitlines() if line.split()], (
        f"renew both: {RENEW}"
    )


@pytest.mark.parametrize("name", PICTURED)
def test_a_picture_of_the_readme_is_small_and_asks_nobody_for_a_font(name: str) -> None:
    picture = (PICTURES / f"{name}.svg").read_text("utf-8")
    assert len(picture.encode()) < MOST_BYTES
    assert "@font-face" not in picture
    assert "url(http" not in picture


def _require_same(file: Path, seen: str) -> None:
    kept = file.read_text("utf-8") if file.exists() else ""
    if kept != seen:
        told = difflib.unified_diff(kept.splitlines(), seen.splitlines(), f"{file.name}, kept", "seen now", lineterm="")
        pytest.fail("\n".join([*told, "", f"if this is as it should be: {RENEW}"]), pytrace=False)
