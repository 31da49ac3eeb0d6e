"""Somebody who lets every release go on that waits for a person in a step of its traffic, for as long as it lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mltui.domain.names import release_name
from mltui.errors import MltuiError
from mltui.operations.releases.continue_release import continue_release
from mltui.operations.standing.rollout_progress import progress_of
from mltui.registry import releases, stages
from mltui.workspace import Workspace

LOOK_SECONDS = 1.0


@contextmanager
def approver(folder: Path) -> Iterator[None]:
    """Too few requests are there to compare by when a fault takes the gateway or the servers away."""
    is_over = threading.Event()
    thread = threading.Thread(target=_let_go_on, args=(folder, is_over), name="approver")
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _let_go_on(folder: Path, is_over: threading.Event) -> None:
    workspace = Workspace.open(folder)
    while not is_over.wait(LOOK_SECONDS):
        with suppress(MltuiError):
            for name in _held(workspace):
                continue_release(workspace, name)
    workspace.close()


def _held(workspace: Workspace) -> list[str]:
    conn = workspace.registry.read()
    known = releases.unfinished(conn, environment="production")
    progress = {release_name(each.id): progress_of(stages.of_release(conn, each.id)) for each in known}
    return [name for name, found in progress.items() if found is not None and found[1].state == "held"]
