"""Which program this is: a worker of another one is replaced."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from mltui import __version__

PACKAGE = Path(__file__).resolve().parent.parent.parent
_NOT_OF_THE_WORKER = {"tui", "cli", "__pycache__"}


def build(package: Path = PACKAGE) -> str:
    """Version, and a digest of the sources that a worker runs: the same wherever the same ones are installed.

    Read anew each time: they may be exchanged under a program that runs.
    """
    digest = hashlib.sha256()
    for place in sorted(_sources(str(package))):
        with open(place, "rb") as file:
            digest.update(place.removeprefix(str(package)).encode() + hashlib.sha256(file.read()).digest())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def _sources(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name not in _NOT_OF_THE_WORKER:
                    yield from _sources(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path
