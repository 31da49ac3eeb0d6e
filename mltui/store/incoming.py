"""The place for what is not finished, and the removal of what a crash left there."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

STALE_SECONDS = 3600
"""Nothing writes to an unfinished file for this long without a crash."""


def remove_stale(unfinished: Iterable[Path]) -> None:
    """Removes files and folders that nobody has written to for an hour."""
    oldest = time.time() - STALE_SECONDS
    for path in unfinished:
        try:
            if path.lstat().st_mtime > oldest:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except (FileNotFoundError, PermissionError):
            continue  # another process was faster, or it is another person's to remove


def unique_name(prefix: str) -> str:
    return prefix + os.urandom(8).hex()
