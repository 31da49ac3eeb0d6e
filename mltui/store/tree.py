"""Trees as values: which paths hold which content, and the one way to write that down."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from mltui.errors import Damaged, UsageError

_FORMAT = 1


@dataclass(frozen=True, slots=True, order=True)
class TreeEntry:
    path: str
    """Relative, with `/` between its parts, as the file system spells it: no Unicode normalization."""
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Tree:
    entries: tuple[TreeEntry, ...]
    """Sorted by path, by code point. Modes, times and empty folders are no part of a tree."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)

    def under(self, folder: str) -> Tree:
        """What lies in that folder, with paths from there on."""
        prefix = folder.rstrip("/") + "/"
        inside = (entry for entry in self.entries if entry.path.startswith(prefix))
        return Tree(tuple(TreeEntry(entry.path.removeprefix(prefix), entry.sha256, entry.size) for entry in inside))

    def to_manifest(self) -> bytes:
        """Canonical JSON: the SHA-256 of these bytes is the tree's digest."""
        files = [[entry.path, entry.sha256, entry.size] for entry in self.entries]
        return json.dumps({"files": files, "tree": _FORMAT}, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_manifest(cls, manifest: bytes) -> Tree:
        """Raises `Damaged` for bytes that `to_manifest` never wrote."""
        try:
            content = json.loads(manifest)
            tree = tree_of(TreeEntry(path, sha256, size) for path, sha256, size in content["files"])
        except (ValueError, TypeError, KeyError, UsageError) as error:
            raise Damaged("the blob is no manifest of a tree", hint="name the digest of a tree") from error
        if tree.to_manifest() != manifest:
            raise Damaged("the blob is no manifest of a tree", hint="name the digest of a tree")
        return tree


@dataclass(frozen=True, slots=True)
class TreeDifference:
    """Paths, sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def tree_of(entries: Iterable[TreeEntry]) -> Tree:
    """Raises `UsageError` for unsafe paths, for one that is there twice, and for one that is a file and a folder."""
    in_order = tuple(sorted(entries))
    files = {check_path(entry.path) for entry in in_order}
    if len(files) < len(in_order):
        twice = next(one.path for one, other in pairwise(in_order) if one.path == other.path)
        raise _unsafe(twice, "is there twice")
    for path in files:
        for at in (place for place, character in enumerate(path) if character == "/"):
            if path[:at] in files:
                raise _unsafe(path[:at], "is a file and a folder at once")
    return Tree(in_order)


def check_path(path: str) -> str:
    """The path itself; raises `UsageError` for one that could lie outside of a tree or that no file system has."""
    if "\0" in path or path.startswith("/"):
        raise _unsafe(path, "is no relative path")
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise _unsafe(path, "has an empty part, or `.` or `..`")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise _unsafe(path, "is not spelled in UTF-8") from None
    return path


def differences(old: Tree, new: Tree) -> TreeDifference:
    before = {entry.path: entry.sha256 for entry in old.entries}
    after = {entry.path: entry.sha256 for entry in new.entries}
    return TreeDifference(
        added=tuple(path for path in after if path not in before),
        removed=tuple(path for path in before if path not in after),
        changed=tuple(path for path in after if path in before and before[path] != after[path]),
    )


def _unsafe(path: str, what: str) -> UsageError:
    return UsageError(f"{path!r} {what}", hint="rename the file", code="unsafe_path")
