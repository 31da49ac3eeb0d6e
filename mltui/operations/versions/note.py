"""Adds a note to a version; the version itself never changes."""

from __future__ import annotations

from mltui.domain.names import version_name
from mltui.domain.version import Note
from mltui.errors import UsageError
from mltui.operations.acting.told import told
from mltui.operations.standing.state import require_version
from mltui.registry import events, notes
from mltui.workspace import Workspace


def add_note(workspace: Workspace, version: str, text: str) -> Note:
    if not text.strip():
        raise UsageError("the note is empty", hint="write what others should know of the version")
    found = require_version(workspace, version)
    with told(workspace), workspace.registry.write() as tx:
        note = notes.add(tx, version_id=found.id, text=text, author=workspace.actor.login, at=workspace.now())
        name = version_name(found.id)
        events.append(
            tx, "NoteAdded", name, {"version": name, "text": text}, actor=str(workspace.actor), at=workspace.now()
        )
    return note
