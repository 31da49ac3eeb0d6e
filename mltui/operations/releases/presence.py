"""Who else has a decision open. It is no event: nothing of it is kept, and nothing depends on it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from mltui.errors import Conflict, Refused
from mltui.registry import presence
from mltui.registry.presence import Presence
from mltui.workspace import Workspace

FRESH = timedelta(seconds=5)
"""After that a program that did not announce itself again counts as gone."""
KEPT = timedelta(minutes=1)


def announce(workspace: Workspace, subject: str) -> bool:
    """To be repeated every second or two, from a thread that may wait; whether it is on record.

    A registry that is busy, or not writable for this person, is no failure.
    """
    at = workspace.now()
    try:
        with workspace.registry.write() as tx:
            presence.remove_older(tx, at - KEPT)
            presence.save(tx, Presence(str(workspace.actor), os.getpid(), subject, at))
    except (Conflict, Refused):
        return False
    return True


def leave(workspace: Workspace) -> bool:
    """Whether it is on record that this program has nothing open."""
    try:
        with workspace.registry.write() as tx:
            presence.remove(tx, login=str(workspace.actor), pid=os.getpid())
    except (Conflict, Refused):
        return False
    return True


def others_at(workspace: Workspace, subject: str, *, now: datetime) -> tuple[Presence, ...]:
    """All but this program; another one of the same person is another."""
    found = presence.at_subject(workspace.registry.read(), subject, since=now - FRESH)
    own = (str(workspace.actor), os.getpid())
    return tuple(each for each in found if (each.login, each.pid) != own)
