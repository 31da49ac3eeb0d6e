"""Where a person was when they left a workspace's console: a file of their own, and nothing of the workspace's."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from mltui.errors import MltuiError
from mltui.operations.standing.overview import Overview
from mltui.workspace import Workspace, states_folder

OVERVIEW = ("overview", "")


def keep_place(workspace: Workspace, screen: str, subject: str) -> None:
    """Where it cannot be kept, the next start opens on the overview."""
    with contextlib.suppress(OSError, MltuiError):
        path = _file(workspace)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps([screen, subject]), "utf-8")
        new.replace(path)


def last_place(workspace: Workspace) -> tuple[str, str]:
    """Screen and subject."""
    try:
        screen, subject = json.loads(_file(workspace).read_text("utf-8"))
    except (OSError, ValueError, TypeError, MltuiError):
        return OVERVIEW
    return str(screen), str(subject)


def place_to_begin(found: Overview, before: tuple[str, str]) -> tuple[str, str]:
    """Where one was before, unless something is ill, said aloud, or waits for this very person."""
    is_ill = any(place.health == "red" for place in found.environments)
    return OVERVIEW if is_ill or found.alarms or found.waiting_for_actor else before


def _file(workspace: Workspace) -> Path:
    return states_folder().parent / "mltui-console" / f"{workspace.uuid}.json"
