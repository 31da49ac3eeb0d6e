"""The stages of a release."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from mltui.domain.release import Stage, place_of
from mltui.registry.search import one_of, where
from mltui.registry.table import Table

STAGES = Table("stages", Stage, key=("release_id", "name"))


def save(tx: sqlite3.Connection, stage: Stage) -> Stage:
    """Takes the place of the same stage's earlier row."""
    return STAGES.save(tx, stage)


def of_release(conn: sqlite3.Connection, release_id: int) -> list[Stage]:
    """In the order of the way to production."""
    return _in_order(STAGES.all(conn, "WHERE release_id = ?", [release_id]))


def of_releases(conn: sqlite3.Connection, release_ids: Sequence[int]) -> dict[int, list[Stage]]:
    """Release id → its stages, as `of_release`."""
    found: dict[int, list[Stage]] = {release_id: [] for release_id in release_ids}
    for stage in _in_order(STAGES.all(conn, *where([one_of("release_id", release_ids)]))):
        found[stage.release_id].append(stage)
    return found


def succeeded_since(conn: sqlite3.Connection, release_id: int) -> list[Stage]:
    """Of this and later releases; the newest release first."""
    return STAGES.all(conn, "WHERE release_id >= ? AND state = 'succeeded' ORDER BY release_id DESC", [release_id])


def _in_order(found: list[Stage]) -> list[Stage]:
    return sorted(found, key=lambda stage: (place_of(stage.name), stage.started_at is None, stage.started_at))
