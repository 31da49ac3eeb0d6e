"""Which workspace a clone's own git configuration names for a folder in it: one for each project of the repository.

`mltui.workspace` is that of the project at the top, `mltui.<folder>.workspace` that of a project further down.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_WRITTEN = r"^mltui\.(.*\.)?workspace$"


def configured_workspace(directory: Path) -> str:
    """Of the project around the directory; else the only one, or the one at the top. Empty where none is named."""
    known = _pointers(directory)
    if not known.keys() - {""}:
        return known.get("", "")
    place = _place(directory)
    found = known.get(place) if place is not None else None
    if found is not None:
        return found
    return next(iter(known.values())) if len(known) == 1 and place is None else known.get("", "")


def run_git(directory: Path, *arguments: str) -> str:
    """What it says without the blanks around; empty where it fails, or is not there."""
    import subprocess

    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        answer = subprocess.run(
            ["git", "-C", str(directory), *arguments], capture_output=True, text=True, env=environment, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _pointers(directory: Path) -> Mapping[str, str]:
    """Place of a project → its workspace."""
    said = run_git(directory, "config", "--null", "--get-regexp", _WRITTEN)
    pairs = (entry.partition("\n") for entry in said.split("\0") if entry)
    return {key.removeprefix("mltui").removesuffix(".workspace").removeprefix("."): value for key, _, value in pairs}


def _place(directory: Path) -> str | None:
    """Of the nearest folder with a project, from the top of the work tree; None where there is none around."""
    top = run_git(directory, "rev-parse", "--show-toplevel")
    if not top:
        return None
    root, here = Path(top).resolve(), directory.resolve()
    for folder in (here, *here.parents):
        if (folder / "mltui.toml").exists():
            return "" if folder == root or not folder.is_relative_to(root) else folder.relative_to(root).as_posix()
        if folder == root:
            return None
    return None
