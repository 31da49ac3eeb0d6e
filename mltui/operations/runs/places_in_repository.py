"""Where in its repository a project lies: several may share one."""

from __future__ import annotations

from pathlib import Path

from mltui.config.project import PROJECT_FILE, parse_project
from mltui.errors import ConfigInvalid
from mltui.operations.runs.commits import folders_with, is_bare, repository_root


def place_in_repository(folder: Path, sha: str, *, project: str) -> str:
    """Path from the top, empty for the top itself; a bare repository has no work tree, so the commit itself tells."""
    if is_bare(folder):
        found = folders_with(folder, sha, PROJECT_FILE)
        return next((place for place, text in found if _is_named(text, project)), "")
    return place_of_folder(folder)


def place_of_folder(folder: Path) -> str:
    """The same of a folder of the work tree; empty as well for a bare repository."""
    root, here = repository_root(folder).resolve(), folder.resolve()
    return here.relative_to(root).as_posix() if here != root and here.is_relative_to(root) else ""


def _is_named(text: str, name: str) -> bool:
    try:
        return parse_project(text).name == name
    except ConfigInvalid:
        return False
