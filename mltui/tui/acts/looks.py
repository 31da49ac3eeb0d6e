"""Acts that change nothing: compare, and tell the same as a command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.domain.names import version_name
from mltui.errors import MltuiError, UsageError
from mltui.operations.overview import overview
from mltui.tui.acts import ACTS
from mltui.tui.dialogs.commands import CommandsDialog
from mltui.tui.screens.versions import VersionsScreen
from mltui.workspace import Workspace, locate

if TYPE_CHECKING:
    from mltui.tui.app import Console


async def compare(console: Console, subject: str) -> None:
    """With the marked version where one is marked, else with production's."""
    marked = console.place.marked if isinstance(console.place, VersionsScreen) else None
    baseline = marked or await console.ask(_live_version)
    if baseline == subject:
        what = "marked" if marked else "in production"
        raise UsageError(f"{subject} is what is {what}", hint="mark another version with space on Versions, then d")
    console.open_screen("compare", f"{subject} {baseline}")


async def copy_command(console: Console, subject: str) -> None:
    place = console.place
    if place is None:
        return
    here = await console.ask(lambda workspace: _flags(workspace, console.directory))
    shown = [("this screen", command_line(here, place.command.split()))]
    for act in ACTS.values():
        about = place.subject_of(act.needs) if act.needs else ""
        if act.words and about is not None:
            shown.append((f"{act.title} {about}".strip(), command_line(here, act.command(about))))
    command = await console.push_screen_wait(CommandsDialog(shown))
    if command is not None:
        console.copy_to_clipboard(command)
        console.notify(command, title="copied", markup=False)


def command_line(flags: Sequence[str], words: Sequence[str]) -> str:
    return shlex.join(["mltui", "--batch", *flags, *words])


def _flags(workspace: Workspace, directory: Path) -> list[str]:
    """None where the command finds the workspace by itself."""
    try:
        is_found = locate(None, directory=directory).samefile(workspace.folder)
    except (MltuiError, OSError):
        is_found = False
    return [] if is_found else ["--workspace", str(workspace.folder.absolute())]


def _live_version(workspace: Workspace) -> str:
    live = next((each.live for each in overview(workspace).environments if each.live is not None), None)
    if live is None:
        raise UsageError("nothing is in production", hint="mark another version with space on Versions, then d")
    return version_name(live.version_id)
