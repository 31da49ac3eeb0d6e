"""When the scene plays, who speaks in it, and what all of its rows share."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from mltui.registry import events
from mltui.workspace import Workspace
from tui.scene_figures import Say

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RIGHT = {1: 0.78, 2: 0.83, 3: 0.86, 4: 0.9, 5: 0.88, 6: 0.72}
"""Version → the share of held-out rows that it answers rightly."""
RUN_OF = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 7}
HOURS = {1: 200.0, 2: 150.0, 3: 100.0, 4: 30.0, 5: 6.0, 6: 0.5}
"""Version → how long ago it was registered."""
Told = tuple[datetime, str, str, Mapping[str, Any], str]


@dataclass(frozen=True, slots=True)
class Scene:
    workspace: Workspace
    say: Say
    history: list[Told] = field(default_factory=list)
    """What `write_history` brings into the order of time."""

    def tell(self, kind: str, subject: str, data: Mapping[str, Any], *, at: datetime, by: str = "worker") -> None:
        self.history.append((at, kind, subject, data, by if by == "worker" else self.say(by)))

    def write_history(self, tx: sqlite3.Connection) -> None:
        for at, kind, subject, data, actor in sorted(self.history, key=lambda told: told[0]):
            events.append(tx, kind, subject, data, actor=actor, at=at)


def ago(*, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    return NOW - timedelta(hours=hours, minutes=minutes, seconds=seconds)


def digest(words: str) -> str:
    return sha256(words.encode()).hexdigest()
