"""What brings a worker up at each start of the machine, as the workspace has it on record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from mltui.registry import Connection, meta
from mltui.workspace import Workspace

How = Literal["systemd", "cron"]
KEY = "worker_installed"


@dataclass(frozen=True, slots=True)
class Installation:
    how: How
    by: str
    """Login of the person as whom the worker runs."""
    script: str


def installations_of(conn: Connection) -> tuple[Installation, ...]:
    """One a person; whoever's looks first starts the worker, of which a workspace has one at a time."""
    stored = meta.get(conn, KEY)
    return tuple(Installation(**each) for each in json.loads(stored)) if stored else ()


def own_installation(workspace: Workspace) -> Installation | None:
    known = installations_of(workspace.registry.read())
    return next((each for each in known if each.by == workspace.actor.login), None)


def forget_installation(tx: Connection) -> None:
    """What was laid down stands for another workspace."""
    meta.put(tx, KEY, "")
