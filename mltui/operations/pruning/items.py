"""One thing that a prune takes, and what it weighs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Item:
    kind: str
    """In the plural: `run files`, `logs`, `images`, `models` and so on."""
    name: str
    bytes: int
    """That become free; what is shared with something that stays counts as nothing."""


def bytes_of(path: Path) -> int:
    """On the disk. A file that has another name, in the store for instance, does not go with this one."""
    return sum(known.st_blocks * 512 for known in _states(path) if known.st_nlink == 1)


def _states(path: Path) -> Iterator[os.stat_result]:
    try:
        if path.is_dir() and not path.is_symlink():
            for child in path.iterdir():
                yield from _states(child)
        else:
            yield path.lstat()
    except (FileNotFoundError, PermissionError):
        return
