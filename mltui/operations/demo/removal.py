"""Takes demos away: containers, images, processes, files."""

from __future__ import annotations

from pathlib import Path

from mltui.errors import MltuiError, NotFound, Unreachable
from mltui.operations.demo.waiting import Say
from mltui.operations.workspaces.take_away import end_all, remove_folder
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
        end_all(Workspace.open(place / "workspace"))
    remove_folder(place)
