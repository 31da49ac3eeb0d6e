"""Releases: the ways of versions to environments."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mltui.domain.release import Release, ReleaseState
from mltui.registry.search import NO_WORDS, Condition, Words, anywhere, equals, one_of, where
from mltui.registry.table import Table

RELEASES = Table("releases", Release)
_TEXTS = ("'r' || id", "'v' || version_id", "environment", "state", "opened_by", "coalesce(failure, '')")


def add(tx: sqlite3.Connection, **fields: Any) -> Release:
    """All fields of a `Release` but the id."""
    return RELEASES.add(tx, fields)


def find(conn: sqlite3.Connection, id: int) -> Release | None:
    return RELEASES.one(conn, "WHERE id = ?", [id])


def latest(conn: sqlite3.Connection) -> Release | None:
    return RELEASES.one(conn, "ORDER BY id DESC")


def list_releases(
    conn: sqlite3.Connection,
    *,
    state: ReleaseState | None = None,
    version_id: int | None = None,
    environment: str | None = None,
    words: Words = NO_WORDS,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
) -> list[Release]:
    """Newest first. `before`: only ids below this one, which gives the next page; `offset` passes over the newest."""
    conditions = [equals("version_id", version_id), *_conditions(state, environment, words)]
    return RELEASES.page(conn, conditions, limit=limit, before=before, offset=offset)


def count(
    conn: sqlite3.Connection,
    *,
    state: ReleaseState | None = None,
    environment: str | None = None,
    words: Words = NO_WORDS,
) -> int:
    return RELEASES.count(conn, *where(_conditions(state, environment, words)))


def newest_of_versions(conn: sqlite3.Connection, version_ids: Sequence[int]) -> dict[int, Release]:
    """Version id → its newest release; without those that have none."""
    found = RELEASES.all(conn, *where([one_of("version_id", version_ids)], "ORDER BY version_id, id"))
    return {release.version_id: release for release in found}


def unfinished(conn: sqlite3.Connection, *, environment: str) -> list[Release]:
    """Running and waiting ones, the oldest first."""
    where = "WHERE environment = ? AND state IN ('running', 'waiting_approval') ORDER BY id"
    return RELEASES.all(conn, where, [environment])


def not_ended_before(conn: sqlite3.Connection, at: datetime) -> list[Release]:
    """Those that are under way, and those that ended since."""
    return RELEASES.all(conn, "WHERE ended_at IS NULL OR ended_at >= ? ORDER BY id", [at])


def of_versions(conn: sqlite3.Connection, version_ids: Sequence[int]) -> list[Release]:
    return RELEASES.all(conn, *where([one_of("version_id", version_ids)]))


def update(tx: sqlite3.Connection, id: int, **changes: Any) -> Release:
    return RELEASES.update(tx, id, changes)


def _conditions(state: ReleaseState | None, environment: str | None, words: Words) -> list[Condition | None]:
    return [equals("state", state), equals("environment", environment), *anywhere(_TEXTS, words)]
