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


async def seen(workspace: Workspace) -> dict[Path, str]:
    """File → what belongs into it."""
    found: dict[Path, str] = {}
    for size in SIZES:
        for shot in SHOTS:
            found[snapshot_file(shot.name, size)] = await text_at(workspace, shot, size)
        for name in DOORS:
            found[snapshot_file(name, size)] = await door_at(name, size)
    for shot in SHOTS:
        if shot.name in PICTURED:
            found[PICTURES / f"{shot.name}.svg"] = await picture_at(workspace, shot)
    return found


def main() -> None:
    os.environ.pop("NO_COLOR", None)
    os.environ.update(TERMINAL)
    with tempfile.TemporaryDirectory() as place:
        workspace = lay_scene(Path(place) / "tacos")
        os.environ["MLTUI_WORKSPACE"] = str(workspace.folder)
        found = asyncio.run(seen(workspace))
        workspace.close()
    for old in {*SNAPSHOTS.iterdir(), *PICTURES.iterdir()} - set(found):
        old.unlink()
    for file, text in found.items():
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
