"""What every screen says aloud until a person deals with it: unseen emergencies, locks, programs that were not told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mltui.domain.delivery import Delivery
from mltui.domain.deployment import Environment
from mltui.domain.names import release_name, version_name
from mltui.operations.standing.environment_health import known_environments
from mltui.operations.standing.sound import told
from mltui.registry import Connection, acknowledgements, deliveries


@dataclass(frozen=True, slots=True)
class Alarm:
    since: datetime
    sentence: str
    hint: str
    """What ends it."""
    release: str = ""
    """Of an emergency."""


def alarms(conn: Connection, problems: list[str] | None = None) -> tuple[Alarm, ...]:
    """Emergencies first; a sentence for each damaged row is added to `problems`."""
    missed = [] if problems is None else problems
    unknown: tuple[Alarm, ...] = ()
    known = known_environments(conn, missed).values()
    return (
        *told(lambda: _emergencies(conn), unknown, problems=missed),
        *_open_endpoints(known),
        *_locks(known),
        *told(lambda: _undelivered(conn), unknown, problems=missed),
    )


def _emergencies(conn: Connection) -> tuple[Alarm, ...]:
    return tuple(
        Alarm(
            each.at,
            f"GLASS BROKEN by {each.person} for {version_name(each.version_id)}: {each.emergency}",
            f"another approver has to look: mltui release acknowledge {release_name(each.release_id)}",
            release_name(each.release_id),
        )
        for each in acknowledgements.missing(conn)
    )


def _undelivered(conn: Connection) -> tuple[Alarm, ...]:
    """One for each program outside that was not told of something."""
    missed: dict[str, list[Delivery]] = {}
    for each in deliveries.given_up(conn):
        missed.setdefault(each.notifier, []).append(each)
    return tuple(
        Alarm(
            found[0].tried_at or found[0].taken_up_at,
            f"{name} WAS NOT TOLD of {len(found)} event{'' if len(found) == 1 else 's'}: {found[-1].outcome}",
            f"mltui notify log shows them; mltui notify retry {name}, or mltui notify dismiss {name}, ends that",
        )
        for name, found in missed.items()
    )


def _open_endpoints(known: Iterable[Environment]) -> list[Alarm]:
    return [
        Alarm(
            each.endpoint_since,
            f"{each.name} is OPEN on {each.url}: whoever reaches it may ask it",
            "give it tls and token_file in policy.toml, then mltui env stop and env start",
        )
        for each in known
        if each.is_open and each.endpoint_since is not None
    ]


def _locks(known: Iterable[Environment]) -> list[Alarm]:
    return [
        Alarm(
            each.locked_at,
            f"{each.name} LOCKED by {each.locked_by}: {each.lock_reason}",
            f"mltui unlock {each.name} ends that",
        )
        for each in known
        if each.locked_at is not None
    ]
