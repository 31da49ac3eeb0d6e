"""Reaches unix sockets in folders of any depth: a socket's path ends at 107 bytes, that of an open folder is short."""

from __future__ import annotations

import os
import weakref
from pathlib import Path


class OpenFolder:
    """An open folder; closed when it is no longer used."""

    def __init__(self, folder: Path) -> None:
        """Raises `OSError`."""
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._finalizer = weakref.finalize(self, os.close, self._descriptor)

    def path(self, name: str) -> str:
        """Valid in this process, until `close`."""
        return f"/proc/self/fd/{self._descriptor}/{name}"

    def close(self) -> None:
        self._finalizer()
