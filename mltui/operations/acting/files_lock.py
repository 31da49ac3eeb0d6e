"""Who needs the workspace's files to stay, and who prunes them: many of the former or one of the latter."""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from mltui.errors import Conflict
from mltui.workspace import Workspace

LOCK_FILE = "files.lock"
IMAGES_LOCK_FILE = "images.lock"


@contextmanager
def files_kept(workspace: Workspace) -> Iterator[None]:
    """While entered nothing is pruned; waits for a prune that is under way."""
    with (workspace.folder / LOCK_FILE).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextmanager
def files_pruned(workspace: Workspace) -> Iterator[None]:
    """Raises `Conflict` while a backup is made, or somebody else prunes."""
    with _unstopped(), (workspace.folder / LOCK_FILE).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "a backup is made of the workspace, or somebody else prunes it",
                hint="try again when that is over",
                code="files_in_use",
            ) from None
        yield


@contextmanager
def images_used(workspace: Workspace) -> Iterator[None]:
    """While entered no image of the workspace is pruned; waits for what is pruned this moment."""
    with (workspace.folder / IMAGES_LOCK_FILE).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextmanager
def images_pruned(workspace: Workspace) -> Iterator[bool]:
    """Whether nobody uses them: a run or a release that is under way may be about to."""
    with (workspace.folder / IMAGES_LOCK_FILE).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _unstopped() -> Iterator[None]:
    """Ctrl-Z takes effect afterwards: whoever stopped here would hold up each run, release and backup."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
