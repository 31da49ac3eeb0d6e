"""Opens the console of a scene as mltui does, at the scene's own time: `python -m tui.open_scene FOLDER LOGIN`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from mltui.domain.actor import Actor
from mltui.tui.app import Console
from mltui.workspace import Workspace
from tui.scene_ground import NOW


def main() -> None:
    folder, login = Path(sys.argv[1]), sys.argv[2]
    workspace = replace(Workspace.open(folder), actor=Actor(login), now=lambda: NOW)
    try:
        Console(workspace, directory=Path.cwd()).run()
    finally:
        workspace.close()


if __name__ == "__main__":
    main()
