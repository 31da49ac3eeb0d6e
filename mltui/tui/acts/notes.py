"""Remarks on versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mltui.operations.note import add_note
from mltui.tui.dialogs.ask_text import AskTextDialog

if TYPE_CHECKING:
    from mltui.tui.app import Console


async def add(console: Console, subject: str) -> None:
    explanation = "What others should know of this version; it stays with it for ever."
    text = await console.push_screen_wait(AskTextDialog(f"Note on {subject}", explanation))
    if text is None:
        return
    await console.ask(lambda workspace: add_note(workspace, subject, text))
    console.notify(f"noted on {subject}", markup=False)
