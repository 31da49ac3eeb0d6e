"""Who may read what the store writes: files are never writable, and a shared folder stays shared all the way down."""

from __future__ import annotations

import os
import stat
from pathlib import Path

BLOB_MODE = 0o444

_SHARED = stat.S_IWGRP | stat.S_ISGID


def make_folder(folder: Path) -> Path:
    """Makes what is missing of it, group-writable where the parent is a shared folder, whatever the umask."""
    if not folder.is_dir():
        make_folder(folder.parent)
        try:
            folder.mkdir()
        except FileExistsError:
            return folder
        is_shared = folder.parent.stat().st_mode & _SHARED == _SHARED
        folder.chmod(0o2770 if is_shared else 0o755)
    return folder


def flush_folder(folder: Path) -> None:
    """Makes names that were added to it outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
