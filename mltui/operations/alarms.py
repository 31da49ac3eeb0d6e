"""What every screen says aloud until a person has dealt with it: locks, and emergencies that nobody else has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mltui.domain.names import release_name, version_name
from mltui.registry import Connection, acknowledgements, environments


@dataclass(frozen=True, slots=True)
class Alarm:
    since: datetime
    sentence: str
    hint: str
    """What ends it."""
    release: str = ""
    """Of an emergency."""


def alarms(conn: Connection) -> tuple[Alarm, ...]:
    """Emergencies first."""
    return (*_emergencies(conn), *_locks(conn))


def _emergencies(conn: Connection) -> list[Alarm]:
    return [
        Alarm(
            each.at,
            f"GLASS BROKEN by {each.person} for {version_name(each.version_id)}: {each.emergency}",
            f"another approver has to look: mltui release acknowledge {release_name(each.release_id)}",
            release_name(each.release_id),
        )
        for each in acknowledgements.missing(conn)
    ]


def _locks(conn: Connection) -> list[Alarm]:
    return [
        Alarm(
            each.locked_at,
            f"{each.name} LOCKED by {each.locked_by}: {each.lock_reason}",
            f"mltui unlock {each.name} ends that",
        )
        for each in environments.list_environments(conn)
        if each.locked_at is not None
    ]
