"""Finds the files of a folder that is to become a tree."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mltui.errors import NotFound, UsageError
from mltui.store.tree import check_path


def files_of(folder: Path) -> list[tuple[str, Path]]:
    """Path in the tree → regular file, sorted. A link counts as the file it leads to, where that lies in the folder.

    Raises `UsageError` for everything else: links that lead out or to a folder, pipes, sockets, devices.
    """
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}", hint="look at the path", code="no_folder")
    root = folder.resolve()
    return sorted((check_path(found.relative_to(root).as_posix()), _regular(found, root)) for found in _walk(root))


def _walk(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            for item in found:
                if item.is_dir(follow_symlinks=False):
                    yield from _walk(Path(item.path))
                else:
                    yield Path(item.path)
    except PermissionError as error:
        raise UsageError(
            f"{folder} cannot be read: {error.strerror}", hint="may you read it?", code="unreadable_file"
        ) from error


def _regular(path: Path, root: Path) -> Path:
    try:
        target = path.resolve() if path.is_symlink() else path
    except (RuntimeError, OSError):  # the former up to Python 3.12
        raise UsageError(f"{path} is a link to itself", hint="remove it", code="no_regular_file") from None
    if not target.is_relative_to(root):
        raise UsageError(
            f"{path} is a link that leads out of {root}", hint="put the file itself there", code="unsafe_path"
        )
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        raise UsageError(f"{path} is a link to nothing", hint="remove it", code="no_regular_file") from None
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is no regular file", hint="take it out of the folder", code="no_regular_file")
    return target
