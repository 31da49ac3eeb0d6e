"""Acts that change nothing: compare, look at groups, and tell the same as a command."""

from __future__ import annotations

import shlex
from pathlib import Path

from mltui.domain.deployment import Deployment
from mltui.domain.names import version_name
from mltui.errors import MltuiError, UsageError
from mltui.operations.standing.overview import overview
from mltui.operations.standing.state import require_release
from mltui.operations.standing.which import environment_state
from mltui.tui.acts import ACTS, Act
from mltui.tui.desk import Desk
from mltui.tui.dialogs.commands import CommandsDialog
from mltui.workspace import Workspace, locate

_MARK = "mark another version with space on Versions, then d"
_TO_TYPE = {
    "reject": ("--comment", "…"),
    "note": ("…",),
    "break_glass": ("--break-glass", "…"),
    "lock": ("…",),
    "share": ("…",),
}


async def compare(desk: Desk, subject: str) -> None:
    """With the marked version where one is marked, else with production's; that one with what it replaced."""
    marked = desk.place.marked if desk.place is not None else None
    if marked == subject:
        raise UsageError(f"{subject} is what is marked", hint=_MARK)
    baseline = marked or await desk.ask(lambda workspace: _answering_beside(workspace, subject))
    desk.open_screen("compare", f"{subject} {baseline}")


async def bias(desk: Desk, subject: str) -> None:
    desk.open_screen("bias", subject)


async def copy_command(desk: Desk, subject: str) -> None:
    place = desk.place
    if place is None:
        return
    possible = [(act, place.subject_of(act.needs) if act.needs else "") for act in ACTS.values() if act.words]
    shown = await desk.ask(
        lambda workspace: [
            ("this screen", _words(place.command)),
            *(
                (f"{act.title} {name}".strip(), _command(workspace, act, name))
                for act, name in possible
                if name is not None
            ),
        ]
    )
    here = await desk.ask(lambda workspace: _flags(workspace, desk.directory))
    lines = [(title, shlex.join(["mltui", "--batch", *here, *words])) for title, words in shown]
    command = await desk.push_screen_wait(CommandsDialog(lines))
    if command is not None:
        desk.copy_to_clipboard(command)
        desk.notify(command, title="copied", markup=False)


def _command(workspace: Workspace, act: Act, subject: str) -> list[str]:
    """On the command line a decision is about the version; what a person would type stands as `…`."""
    if act.needs != "release" or act.name == "acknowledge":
        return [*act.command(subject), *_TO_TYPE.get(act.name, ())]
    release = require_release(workspace, subject)
    evidence = ["--evidence", release.evidence] if act.name == "approve" and release.evidence else []
    return [*act.command(version_name(release.version_id)), *evidence, *_TO_TYPE.get(act.name, ())]


def _words(command: str) -> list[str]:
    """What a screen quotes is one word; what only looks like a quote is a word's own."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _flags(workspace: Workspace, directory: Path) -> list[str]:
    """Nothing where the command finds the workspace by itself."""
    try:
        is_found = locate(None, directory=directory).samefile(workspace.folder)
    except (MltuiError, OSError):
        is_found = False
    return [] if is_found else ["--workspace", str(workspace.folder.absolute())]


def _answering_beside(workspace: Workspace, subject: str) -> str:
    """What is in production, or was before it where that is `subject` itself."""
    live = next((each.live for each in overview(workspace).environments if each.live is not None), None)
    if live is None:
        raise UsageError("nothing is in production", hint=_MARK)
    if version_name(live.version_id) != subject:
        return version_name(live.version_id)
    history = environment_state(workspace, live.environment).history
    before = next((each for each in history if _was_before(each, live)), None)
    if before is None:
        raise UsageError(f"{subject} is what is in production, and nothing was before it", hint=_MARK)
    return version_name(before.version_id)


def _was_before(other: Deployment, live: Deployment) -> bool:
    return other.id < live.id and other.version_id != live.version_id and other.live_from is not None
