"""Remarks on versions."""

from __future__ import annotations

from mltui.operations.note import add_note
from mltui.tui.desk import Desk
from mltui.tui.dialogs.ask_text import AskTextDialog


async def add(desk: Desk, subject: str) -> None:
    explanation = "What others should know of this version; it stays with it for ever."
    text = await desk.push_screen_wait(AskTextDialog(f"Note on {subject}", explanation))
    if text is None:
        return
    await desk.ask(lambda workspace: add_note(workspace, subject, text))
    desk.notify(f"noted on {subject}", markup=False)
