"""Removes blobs that nobody names any more, and keeps that apart from whoever finds one there and relies on it."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from mltui.store.modes import make_folder

LOCK_FILE = "sweep.lock"
YOUNG_SECONDS = 3600
_BATCH = 200


def relied_on(folder: Path, blob: Path, *, size: int) -> bool:
    """Whether the blob is there with that size, and young, so that no sweep takes it before it is named.

    False for one that is cut short, or old and another person's: it is to be replaced.
    """
    if not blob.exists():
        return False
    with _locked(folder, fcntl.LOCK_SH):
        try:
            known = blob.stat()
            if known.st_size == size:
                make_young(blob)
        except (FileNotFoundError, PermissionError):
            return False
    return known.st_size == size


def make_young(path: Path) -> None:
    if time.time() - path.stat().st_mtime > YOUNG_SECONDS:
        os.utime(path)


def sweep(folder: Path, blobs: Iterable[Path], *, before: float) -> Iterator[tuple[Path, int]]:
    """Removes those that nobody put, or found there, since that moment; each with the bytes that it set free."""
    waiting = iter(blobs)
    while some := list(islice(waiting, _BATCH)):
        with _locked(folder, fcntl.LOCK_EX):
            removed = [(blob, freed) for blob in some if (freed := _remove(blob, before=before)) is not None]
        yield from removed


def _remove(blob: Path, *, before: float) -> int | None:
    """None when it stays. What a folder shares with the store is set free with the last of both."""
    try:
        known = blob.stat()
        if known.st_mtime >= before:
            return None
        blob.unlink()
    except FileNotFoundError:
        return None
    return known.st_size if known.st_nlink == 1 else 0


def blobs_in(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Digest and state of every blob."""
    for first in sorted(folder.glob("[0-9a-f][0-9a-f]")):
        with os.scandir(first) as found:
            for item in found:
                if re.fullmatch("[0-9a-f]{62}", item.name):
                    yield first.name + item.name, item.stat()


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    with (make_folder(folder) / LOCK_FILE).open("a") as lock:
        fcntl.flock(lock, how)
        yield
