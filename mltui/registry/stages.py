"""The stages of a release."""

from __future__ import annotations

import sqlite3

from mltui.domain.release import STAGES as ORDER
from mltui.domain.release import Stage
from mltui.registry.table import Table

STAGES = Table("stages", Stage, key=("release_id", "name"))


def save(tx: sqlite3.Connection, stage: Stage) -> Stage:
    """Takes the place of the same stage's earlier row."""
    return STAGES.save(tx, stage)


def of_release(conn: sqlite3.Connection, release_id: int) -> list[Stage]:
    """In the order of the way to production; names unknown to this mltui stand last."""
    places = {name: place for place, name in enumerate(ORDER)}
    found = STAGES.all(conn, "WHERE release_id = ?", [release_id])
    return sorted(found, key=lambda stage: places.get(stage.name, len(places)))
