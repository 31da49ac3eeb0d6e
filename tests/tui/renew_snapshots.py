"""Renews every snapshot and the README's pictures: `uv run python tests/tui/renew_snapshots.py`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

if __package__ is None or not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mltui.workspace import Workspace
from tui.pilots import TERMINAL
from tui.scene import lay_scene
from tui.shots import (
    DOORS,
    PICTURED,
    PICTURES,
    SHOTS,
    SIZES,
    SNAPSHOTS,
    door_at,
    picture_at,
    snapshot_file,
    text_at,
)


async def renew(workspace: Workspace) -> None:
    for size in SIZES:
        for shot in SHOTS:
            snapshot_file(shot.name, size).write_text(await text_at(workspace, shot, size), "utf-8")
        for name in DOORS:
            snapshot_file(name, size).write_text(await door_at(name, size), "utf-8")
    for shot in SHOTS:
        if shot.name in PICTURED:
            (PICTURES / f"{shot.name}.svg").write_text(await picture_at(workspace, shot), "utf-8")


def main() -> None:
    os.environ.pop("NO_COLOR", None)
    os.environ.update(TERMINAL)
    for folder in (SNAPSHOTS, PICTURES):
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
    with tempfile.TemporaryDirectory() as place:
        workspace = lay_scene(Path(place) / "tacos")
        os.environ["MLTUI_WORKSPACE"] = str(workspace.folder)
        asyncio.run(renew(workspace))
        workspace.close()


if __name__ == "__main__":
    main()
