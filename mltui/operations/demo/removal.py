"""Takes demos away: containers, images, processes, files."""

from __future__ import annotations

import shutil
from pathlib import Path

from mltui.engines.base import LABEL_WORKSPACE
from mltui.errors import MltuiError, NotFound, Unreachable
from mltui.operations.demo.waiting import Say
from mltui.operations.wake import stop_worker
from mltui.workspace import Workspace, states_folder

MARK = ".mltui-demo"
"""Lies in a demo's folder; nothing without it is ever removed."""


def remove_demos(folder: Path | None, *, say: Say) -> list[Path]:
    """Takes containers, images, processes and files of the demos away."""
    places = [folder] if folder is not None else sorted(demos_folder().glob("*"))
    found = [place for place in places if (place / MARK).exists()]
    if not found:
        raise NotFound("there is no demo to remove", hint="mltui demo makes one")
    for place in found:
        if (place / "workspace" / "registry.db").exists():
            _remove_running(Workspace.open(place / "workspace"))
        shutil.rmtree(place)
        say(f"removed {place}")
    return found


def demos_folder() -> Path:
    return states_folder().parent / "mltui-demos"


def _remove_running(workspace: Workspace) -> None:
    stop_worker(workspace)
    labels = {LABEL_WORKSPACE: workspace.uuid}
    try:
        engine = workspace.engine(workspace.policy().engine)
        for status in engine.list(labels):
            engine.remove(status.name)
        engine.remove_images(labels)
    except MltuiError as error:
        raise Unreachable(
            f"the demo in {workspace.folder} cannot be taken away: {error.message}",
            hint=error.hint or "start the engine first",
        ) from error
    finally:
        workspace.close()
