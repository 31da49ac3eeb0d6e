"""What `mltui` without a command opens: the console of a workspace, a choice of workspaces, or a guide."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from mltui.errors import MltuiError, NotFound, UsageError
from mltui.operations.standing.overview import Overview, overview
from mltui.tui.hang_up import end_with_terminal
from mltui.tui.last_place import OVERVIEW, keep_place, last_place, place_to_begin
from mltui.workspace import Workspace, locate


def require_terminal() -> None:
    """Raises `UsageError` where nobody could read a screen: it would paint into a file and hang."""
    has_terminal = os.isatty(0) and os.isatty(1)
    if not has_terminal or os.environ.get("TERM", "") in ("", "dumb"):
        raise UsageError(
            "there is no terminal for the console" if not has_terminal else "this terminal cannot show the console",
            hint="mltui status tells what stands where, mltui --help lists every command",
            code="no_terminal",
        )


def open_console(folder: Path | None, *, directory: Path, show: tuple[str, str] = OVERVIEW) -> int:
    """The exit code. `folder` is a workspace named by flag; `show` the screen to open on, with its subject: for the
    overview, where the person was before, if nothing there asks for them."""
    require_terminal()
    end_with_terminal()
    no_color = os.environ.get("NO_COLOR")
    try:
        place = _place(folder, directory)
        if place is None:
            return 0
        workspace = Workspace.open(place)
        try:
            first = _begin_reading(workspace)
            from mltui.tui.app import Console

            begin = show if show != OVERVIEW else _where_one_was(workspace, first)
            keep = partial(keep_place, workspace)
            Console(workspace, show=begin, directory=directory, first=first, keep=keep).run()
        finally:
            workspace.close()
    finally:
        if no_color is not None:  # taken out by Textual, and wanted by whatever is started later
            os.environ["NO_COLOR"] = no_color
    return 0


def _begin_reading(workspace: Workspace) -> Future[Overview]:
    """What the first screen shows is read while Textual is imported, which takes longer."""

    def read() -> Overview:
        try:
            return overview(workspace)
        finally:
            workspace.registry.release()

    reader = ThreadPoolExecutor(1)
    reading = reader.submit(read)
    reader.shutdown(wait=False)
    return reading


def _where_one_was(workspace: Workspace, first: Future[Overview]) -> tuple[str, str]:
    return OVERVIEW if first.exception() else place_to_begin(first.result(), last_place(workspace))


def _place(folder: Path | None, directory: Path) -> Path | None:
    """The workspace, or the one that the person chooses; None when they leave."""
    try:
        return locate(None if folder is None else str(folder), directory=directory)
    except NotFound as error:
        if folder is not None or os.environ.get("MLTUI_WORKSPACE"):
            raise
        return _chosen(directory, error)


def _chosen(directory: Path, problem: MltuiError) -> Path | None:
    from mltui.operations.workspaces.known_workspaces import known_workspaces
    from mltui.tui.doorway import Doorway

    return Doorway(known_workspaces(), directory=directory, problem=problem.message).run()
