"""All blobs that some digests lead to: the files of trees, and what documents name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mltui.errors import Damaged
from mltui.store.blobs import Blobs
from mltui.store.tree import Tree

_DIGEST = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Closure:
    blobs: frozenset[str]
    """Those that are there."""
    missing: frozenset[str]
    """Files of those trees that are not."""


def closure(blobs: Blobs, roots: Iterable[str], *, without: Collection[str] = ()) -> Closure:
    """A tree's files are taken as they are; every other JSON is searched for more digests. What is no blob is none.

    `without` are roots that are passed over, wherever they are named.
    """
    waiting, found, missing = set(roots), set[str](), set[str]()
    while waiting:
        digest = waiting.pop()
        if digest in found or digest in without or not blobs.path(digest).is_file():
            continue
        found.add(digest)
        content = _document(blobs, digest)
        files = _files(content)
        if files is None:
            waiting |= {each.decode() for each in _DIGEST.findall(content)} - found
        else:
            there = {each for each in files if blobs.path(each).is_file()}
            found |= there
            missing |= files - there
    return Closure(frozenset(found), frozenset(missing))


def _document(blobs: Blobs, digest: str) -> bytes:
    """Empty for what is no JSON object."""
    with blobs.path(digest).open("rb") as file:
        start = file.read(1)
        return start + file.read() if start == b"{" else b""


def _files(content: bytes) -> set[str] | None:
    """None for what is no tree."""
    try:
        return {entry.sha256 for entry in Tree.from_manifest(content).entries}
    except Damaged:
        return None
