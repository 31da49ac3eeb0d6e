"""The append-only history and the proof that nobody has changed it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mltui.domain.event import GENESIS, SENTENCES, Event, canonical_json, event_hash
from mltui.registry.columns import in_utc
from mltui.registry.search import NO_WORDS, Condition, Words, equals, phrase, query, where
from mltui.registry.table import LAST_ID, Table
from mltui.registry.translation import translated

EVENTS = Table("events", Event, key=("sequence",))


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `verify` found."""

    count: int
    """Sound events from the beginning on."""
    head: str
    """Hash of the last sound one."""
    first_bad: int | None = None
    """Sequence number of the first event that is altered, missing or out of its place."""
    problem: str = ""
    """Empty when all is sound."""


def append(
    tx: sqlite3.Connection, kind: str, subject: str, data: Mapping[str, Any], *, actor: str, at: datetime
) -> Event:
    """Raises `ValueError` for a kind that has no sentence, `TypeError` for data that has no canonical form."""
    if kind not in SENTENCES:
        raise ValueError(f"{kind} is no kind of event")
    last, previous = head(tx)
    sequence, moment = last + 1, in_utc(at)
    content = json.loads(canonical_json(dict(data)))  # in canonical order, as it is stored
    digest = event_hash(previous, sequence=sequence, at=moment, actor=actor, kind=kind, subject=subject, data=content)
    return EVENTS.insert(tx, Event(sequence, moment, actor, kind, subject, content, previous, digest))


def list_events(
    conn: sqlite3.Connection,
    *,
    after: int = 0,
    kind: str | None = None,
    subject: str | None = None,
    until: datetime | None = None,
    limit: int = 100,
    newest_first: bool = False,
) -> list[Event]:
    """`until` takes in all up to the last event of that moment or before: the sequence rules where clocks went back."""
    conditions = ["sequence > ?"]
    parameters: list[Any] = [after]
    if subject is not None:
        conditions.append("subject = ?")
        parameters.append(subject)
    if kind is not None:
        # a subject has fewer events than a kind: the plus keeps the kind's index out of it
        conditions.append("kind = ?" if subject is None else "+kind = ?")
        parameters.append(kind)
    if until is not None:
        conditions.append("sequence <= (SELECT max(sequence) FROM events WHERE at <= ?)")
        parameters.append(until)
    order = "DESC" if newest_first else "ASC"
    return EVENTS.all(conn, f"WHERE {' AND '.join(conditions)} ORDER BY sequence {order} LIMIT ?", [*parameters, limit])


def newest_of_kinds(conn: sqlite3.Connection, kinds: Sequence[str], *, limit: int) -> list[Event]:
    """The newest first. Looks at the newest of each kind alone, however rare it is among all others."""
    found = [event for kind in kinds for event in list_events(conn, kind=kind, limit=limit, newest_first=True)]
    return sorted(found, key=lambda event: -event.sequence)[:limit]


def browse(
    conn: sqlite3.Connection,
    *,
    words: Words = NO_WORDS,
    subject: str | None = None,
    until: datetime | None = None,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
) -> list[Event]:
    """Newest first. `before`: only sequence numbers below this one, which gives the next page."""
    if words.wanted and subject is None and until is None:
        # the index itself is walked from the newest match on, and no further than the page
        sql = """sequence IN (SELECT rowid FROM events_fts WHERE events_fts MATCH ? AND rowid < ?
            ORDER BY rowid DESC LIMIT ? OFFSET ?)"""
        page = Condition(sql, (query(words), before or LAST_ID, limit, offset))
        return EVENTS.all(conn, *where([page], "ORDER BY sequence DESC"))
    return EVENTS.page(conn, _conditions(words, subject, until), limit=limit, before=before, offset=offset)


def every(conn: sqlite3.Connection) -> Iterator[Event]:
    """The oldest first; read in pages, so that nobody waits for the reader."""
    after = 0
    while page := list_events(conn, after=after, limit=500):
        yield from page
        after = page[-1].sequence


def count(
    conn: sqlite3.Connection,
    *,
    words: Words = NO_WORDS,
    subject: str | None = None,
    until: datetime | None = None,
) -> int:
    return EVENTS.count(conn, *where(_conditions(words, subject, until)))


def head(conn: sqlite3.Connection) -> tuple[int, str]:
    """Sequence number and hash of the last event; 0 and `GENESIS` before the first."""
    with translated():
        row = conn.execute("SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1").fetchone()
    return (0, GENESIS) if row is None else (row[0], row[1])


def verify(conn: sqlite3.Connection, *, head: str | None = None) -> ChainReport:
    """Recomputes the whole chain. `head`: a hash noted earlier, which must be in it, or the end was cut off."""
    count, last, is_head_seen = 0, GENESIS, head in (None, GENESIS)
    for row in _stored_rows(conn):
        problem = _problem_of(row, expected=count + 1, previous=last)
        if problem:
            return ChainReport(count, last, count + 1, problem)
        count, last = row[0], row[-1]
        is_head_seen = is_head_seen or last == head
    if not is_head_seen:
        return ChainReport(
            count, last, count + 1, f"the history ends at event {count}, before the event with hash {head}"
        )
    return ChainReport(count, last)


def _conditions(words: Words, subject: str | None, until: datetime | None) -> list[Condition | None]:
    matches = "sequence IN (SELECT rowid FROM events_fts WHERE events_fts MATCH ?)"
    past = Condition("sequence <= (SELECT max(sequence) FROM events WHERE at <= ?)", (until,))
    return [
        Condition(matches, (query(words),)) if words.wanted else None,
        *(~Condition(matches, (phrase(word),)) for word in words.excluded if not words.wanted),
        equals("subject", subject),
        past if until is not None else None,
    ]


def _stored_rows(conn: sqlite3.Connection) -> Iterator[Sequence[Any]]:
    with translated():
        yield from conn.execute(
            "SELECT sequence, at, actor, kind, subject, data, previous, hash FROM events ORDER BY sequence"
        )


def _problem_of(row: Sequence[Any], *, expected: int, previous: str) -> str:
    sequence, at, actor, kind, subject, data, claimed_previous, claimed = row
    if sequence != expected:
        return f"event {expected} is missing"
    if claimed_previous != previous:
        return f"event {sequence} does not follow event {sequence - 1}"
    try:
        moment, content = datetime.fromisoformat(at), json.loads(data)
        digest = event_hash(
            previous, sequence=sequence, at=moment, actor=actor, kind=kind, subject=subject, data=content
        )
        is_as_written = canonical_json(content).decode() == data and moment.isoformat() == at
    except (ValueError, TypeError) as error:
        return f"event {sequence} cannot be read: {error}"
    return "" if digest == claimed and is_as_written else f"event {sequence} was altered"
