"""Versions as lists show them, found by what a person types."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mltui.domain.task import Task
from mltui.domain.threshold import threshold_in
from mltui.errors import Damaged
from mltui.registry.columns import moment_text
from mltui.registry.search import NO_WORDS, Condition, Words, below, one_of, phrase, where
from mltui.registry.table import Table


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What a list shows of a version: no groups, no learning curve, no reports."""

    id: int
    run_id: int
    created_at: datetime
    task: Task
    data: str
    commit: str
    branch: str
    author_name: str
    author_email: str
    requested_by: str
    engine: str
    metrics: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    """95 % intervals of those metrics that have one."""
    parameters: Mapping[str, Any]
    """Step → its parameters."""

    @property
    def threshold(self) -> float | None:
        """The score from which on the second of two classes is the answer; None: the highest score decides."""
        return threshold_in(self.parameters)


FACTS = Table("versions", VersionFacts)


def list_facts(
    conn: sqlite3.Connection,
    *,
    words: Words = NO_WORDS,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
) -> list[VersionFacts]:
    """Newest first. `before`: only ids below this one, which gives the next page; `offset` passes over the newest."""
    return FACTS.page(conn, _conditions(words), limit=limit, before=before, offset=offset)


def list_by_metric(
    conn: sqlite3.Connection,
    metric: str,
    *,
    smallest_first: bool,
    words: Words = NO_WORDS,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
) -> list[VersionFacts]:
    """Looks at every version's metrics, in their index; those without the metric stand last. `before` as above."""
    direction = "ASC" if smallest_first else "DESC"
    order = f"ORDER BY json_extract(metrics, ?) {direction} NULLS LAST, id DESC"
    path = f'$."{metric}"'
    conditions = [*_conditions(words), below("id", before)]
    best, parameters = where(conditions, f"{order} LIMIT ? OFFSET ?", path, limit, offset)
    return FACTS.all(conn, f"WHERE id IN (SELECT id FROM versions {best}) {order}", [*parameters, path])


def count(conn: sqlite3.Connection, *, words: Words = NO_WORDS) -> int:
    return FACTS.count(conn, *where(_conditions(words)))


def facts_of(conn: sqlite3.Connection, ids: Sequence[int]) -> dict[int, VersionFacts]:
    """Id → facts, of those that are there and not damaged."""
    try:
        return {version.id: version for version in FACTS.all(conn, *where([one_of("id", ids)]))}
    except Damaged:
        return {} if len(ids) == 1 else {id: facts for each in ids for id, facts in facts_of(conn, [each]).items()}


def _conditions(words: Words) -> list[Condition]:
    wanted = (_holds(word, words.until) for word in words.wanted)
    return [*wanted, *(~_holds(word, words.until) for word in words.excluded)]


def _holds(word: str, until: datetime | None) -> Condition:
    """In the version's own facts, in one of its notes up to then, or as its name."""
    written = "" if until is None else "AND at <= ?"
    sql = f"""(id IN (SELECT rowid FROM versions_fts WHERE versions_fts MATCH ?)
        OR id IN (SELECT version_id FROM notes
            WHERE id IN (SELECT rowid FROM notes_fts WHERE notes_fts MATCH ?) {written})
        OR 'v' || id = ?)"""
    moments = () if until is None else (moment_text(until),)
    return Condition(sql, (phrase(word), phrase(word), *moments, word))
