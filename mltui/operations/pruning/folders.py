"""Folders that can be made again, or that nobody reads any more: of runs, releases, models and servers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from mltui.operations.pruning.facts import Facts
from mltui.operations.pruning.items import Item, bytes_of
from mltui.workspace import Workspace

TRASH = "trash"
_LOG = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Doomed:
    kind: str
    name: str
    path: Path


def doomed(workspace: Workspace, facts: Facts, *, containers: Collection[str]) -> Iterator[Doomed]:
    """What lies there and may go; `containers` are the names of those that stay, whose folders stay, too."""
    yield from _of_runs(workspace, facts)
    for folder in _numbered(workspace.folder / "releases", r"r(\d+)"):
        if folder.number not in facts.kept_releases:
            yield Doomed("release files", folder.path.name, folder.path)
    if not facts.is_moving:
        for folder in _numbered(workspace.folder / "models", r"v(\d+)"):
            if folder.number not in facts.kept_versions:
                yield Doomed("model folders", folder.path.name, folder.path)
        yield from _of_servers(workspace, facts, containers)


def weighed(found: Doomed) -> Item:
    return Item(found.kind, found.name, bytes_of(found.path))


def put_away(workspace: Workspace, found: Doomed, *, number: int) -> str:
    """In one motion, so that nobody sees a half of it; why it stays, or nothing."""
    try:
        (workspace.folder / TRASH).mkdir(exist_ok=True)
        found.path.rename(_in_trash(workspace, found, number))
    except OSError as error:
        return f"{found.kind} of {found.name}: {error}"
    return ""


def remaining(workspace: Workspace, found: Doomed, *, number: int) -> str:
    """Of what was put away, after the trash was emptied: what could not be removed; nothing where all is gone."""
    rest = _in_trash(workspace, found, number)
    if not rest.exists():
        return ""
    return f"{found.kind} of {found.name}: some could not be removed and lie in {rest}; the next prune tries again"


def _in_trash(workspace: Workspace, found: Doomed, number: int) -> Path:
    return workspace.folder / TRASH / f"{number}-{found.path.name}"


def empty_trash(workspace: Workspace) -> None:
    shutil.rmtree(workspace.folder / TRASH, ignore_errors=True)


def _of_runs(workspace: Workspace, facts: Facts) -> Iterator[Doomed]:
    for folder in _numbered(workspace.runs_folder, r"(\d+)"):
        if folder.number in facts.runs_without_logs:
            yield Doomed("run files with logs", f"run {folder.number}", folder.path)
        elif folder.number in facts.old_runs:
            for path in _work_of(folder.path):
                yield Doomed("run files", f"run {folder.number}", path)


def _work_of(run: Path) -> Iterator[Path]:
    """All but the logs."""
    for child in sorted(run.iterdir()):
        if (child / _LOG).exists():
            yield from (path for path in sorted(child.iterdir()) if path.name != _LOG)
        elif child.is_dir():
            yield child


def _of_servers(workspace: Workspace, facts: Facts, containers: Collection[str]) -> Iterator[Doomed]:
    kept = {"d": facts.kept_servers, "p": facts.kept_releases}
    for letter, numbers in kept.items():
        for folder in _numbered(workspace.sockets_folder, rf"{letter}(\d+)\.\d+"):
            if folder.number not in numbers and workspace.container_name(folder.path.name) not in containers:
                yield Doomed("server folders", folder.path.name, folder.path)


@dataclass(frozen=True, slots=True)
class _Numbered:
    number: int
    path: Path


def _numbered(place: Path, pattern: str) -> list[_Numbered]:
    if not place.is_dir():
        return []
    found = ((re.fullmatch(pattern, path.name), path) for path in place.iterdir() if path.is_dir())
    return sorted((_Numbered(int(match[1]), path) for match, path in found if match), key=lambda each: each.number)
