"""Lays a tree out as a folder of read-only files: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from mltui.errors import Conflict, UsageError
from mltui.store.blobs import Blobs, digest_of, lost_blob, opened, try_link
from mltui.store.folder import files_of
from mltui.store.incoming import remove_stale, unique_name
from mltui.store.modes import BLOB_MODE, make_folder
from mltui.store.tree import Tree, TreeEntry


def lay_out(tree: Tree, target: Path, *, blobs: Blobs) -> None:
    """Raises `Conflict` when the target holds anything but exactly this tree."""
    if target.exists() and any(target.iterdir()):
        if not _holds(tree, target, blobs):
            raise Conflict(f"{target} is not empty", hint="name a new folder", code="folder_not_empty")
        return
    prefix = f".{target.name}.partial-"
    remove_stale(make_folder(target.parent).glob(prefix + "*"))
    unfinished = target.parent / unique_name(prefix)
    try:
        _fill(unfinished, tree, blobs)
        unfinished.replace(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _fill(folder: Path, tree: Tree, blobs: Blobs) -> None:
    make_folder(folder)
    for entry in tree.entries:
        path = folder / entry.path
        make_folder(path.parent)
        try:
            if not try_link(blobs.path(entry.sha256), path):
                _copy(blobs.path(entry.sha256), path)
        except FileNotFoundError as error:
            raise lost_blob(entry.sha256, name=entry.path) from error


def _copy(blob: Path, path: Path) -> None:
    """Flushed, so that the folder's final name never outlives a power cut that its files do not."""
    with opened(blob) as source, path.open("xb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
        os.fchmod(target.fileno(), BLOB_MODE)


def _holds(tree: Tree, folder: Path, blobs: Blobs) -> bool:
    try:
        found = files_of(folder)
    except UsageError:
        return False
    if [path for path, _ in found] != [entry.path for entry in tree.entries]:
        return False
    return all(_has_content(path, entry, blobs) for (_, path), entry in zip(found, tree.entries, strict=True))


def _has_content(path: Path, entry: TreeEntry, blobs: Blobs) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if path.samefile(blobs.path(entry.sha256)):
            return True
    return path.stat().st_size == entry.size and digest_of(path) == entry.sha256
