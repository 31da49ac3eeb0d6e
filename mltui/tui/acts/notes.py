"""Remarks on versions, and what keeps their files."""

from __future__ import annotations

from mltui.operations.standing.state import version_state
from mltui.operations.versions.note import add_note
from mltui.operations.versions.pin import pin_version, unpin_version
from mltui.tui.desk import Desk
from mltui.tui.dialogs.ask_text import AskTextDialog
from mltui.tui.dialogs.confirm import ConfirmDialog


async def add(desk: Desk, subject: str) -> None:
    explanation = "What others should know of this version; it stays with it for ever."
    text = await desk.push_screen_wait(AskTextDialog(f"Note on {subject}", explanation))
    if text is None:
        return
    await desk.ask(lambda workspace: add_note(workspace, subject, text))
    desk.notify(f"noted on {subject}", markup=False)


async def pin(desk: Desk, subject: str) -> None:
    """Lets go of one that is pinned."""
    pinned = (await desk.ask(lambda workspace: version_state(workspace, subject))).pin
    if pinned is None:
        asked = f"The files of {subject} stay, whatever is pruned. Why?"
        reason = await desk.push_screen_wait(AskTextDialog(f"Pin {subject}", asked))
        if reason is not None:
            await desk.ask(lambda workspace: pin_version(workspace, subject, reason=reason))
            desk.notify(f"{subject} is pinned, P lets it go again", title="Pinned", markup=False)
        return
    lines = [f"{subject} was pinned by {pinned.author}: {pinned.reason}", "A prune may take its files from then on."]
    if await desk.push_screen_wait(ConfirmDialog(f"Let go of {subject}", lines, yes="let it go")):
        await desk.ask(lambda workspace: unpin_version(workspace, subject))
        desk.notify(f"{subject} is no longer pinned", title="Let go", markup=False)
