"""Takes demos away: containers, images, processes, files."""

from __future__ import annotations

import shutil
from pathlib import Path

from mltui.engines.base import LABEL_WORKSPACE
from mltui.errors import MltuiError, NotFound, Refused, Unreachable
from mltui.operations.demo.waiting import Say
from mltui.operations.wake import kill_worker, stop_worker
from mltui.registry import meta
from mltui.workspace import Workspace, states_folder

MARK = ".mltui-demo"
"""Lies in a demo's folder; nothing without it is ever removed."""


def remove_demos(folder: Path | None, *, say: Say) -> list[Path]:
    """Takes all away that it can; raises `Unreachable` at the end where something of a demo had to stay."""
    places = [folder] if folder is not None else sorted(demos_folder().glob("*"))
    found = [place for place in places if (place / MARK).exists()]
    if not found:
        raise NotFound("there is no demo to remove", hint="mltui demo makes one")
    removed, failed = list[Path](), list[MltuiError]()
    for place in found:
        try:
            _remove(place)
        except MltuiError as error:
            failed.append(error)
            say(f"kept {place}: {error.message}")
        else:
            removed.append(place)
            say(f"removed {place}")
    if failed:
        kept = f"{len(failed)} of {len(found)} demos cannot be taken away: " if len(found) > 1 else ""
        raise Unreachable(kept + "; ".join(error.message for error in failed), hint=failed[0].hint)
    return removed


def demos_folder() -> Path:
    return states_folder().parent / "mltui-demos"


def _remove(place: Path) -> None:
    if (place / "workspace" / "registry.db").exists():
        _remove_running(Workspace.open(place / "workspace"))
    try:
        shutil.rmtree(place)
    except OSError as error:
        raise Refused(f"{place} cannot be removed: {error}", hint="remove what is left of it as its owner") from error


def _remove_running(workspace: Workspace) -> None:
    """Asks the engines first, so that a demo is taken away as a whole or not touched; no policy has to be readable."""
    mine = {LABEL_WORKSPACE: workspace.uuid}
    try:
        engines = [workspace.engine(name) for name in meta.engines(workspace.registry.read())]
        for engine in engines:
            engine.list(mine)
        if not (stop_worker(workspace) or kill_worker(workspace)):
            raise Unreachable("its worker cannot be ended", hint="mltui worker status tells when it is gone")
        for engine in engines:
            for status in engine.list(mine):
                engine.remove(status.name)
            engine.give_up_images(workspace.uuid)
    except MltuiError as error:
        raise Unreachable(
            f"the demo in {workspace.folder} cannot be taken away: {error.message}",
            hint=error.hint or "start the engine first",
        ) from error
    finally:
        workspace.close()
