"""Versions whose files stay whatever their age, and versions whose model is gone."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mltui.domain.version import Pin, PrunedModel
from mltui.registry.table import Table
from mltui.registry.translation import translated

PINS = Table("pins", Pin, key=("version_id",))
PRUNED = Table("pruned_models", PrunedModel, key=("version_id",))


def pin(tx: sqlite3.Connection, pin: Pin) -> Pin:
    return PINS.save(tx, pin)


def unpin(tx: sqlite3.Connection, version_id: int) -> None:
    with translated():
        tx.execute("DELETE FROM pins WHERE version_id = ?", (version_id,))


def find(conn: sqlite3.Connection, version_id: int) -> Pin | None:
    return PINS.one(conn, "WHERE version_id = ?", [version_id])


def pinned(conn: sqlite3.Connection) -> set[int]:
    return {each.version_id for each in PINS.all(conn, "")}


def prune_model(tx: sqlite3.Connection, version_id: int, *, author: str, at: datetime) -> PrunedModel:
    """On record; the blobs are the store's."""
    return PRUNED.save(tx, PrunedModel(version_id, author, at))


def pruned_model(conn: sqlite3.Connection, version_id: int) -> PrunedModel | None:
    """None, too, where another version has the very same model, which was trained again for instance."""
    rest = """WHERE version_id = ? AND NOT EXISTS (
        SELECT 1 FROM versions AS mine JOIN versions AS other ON other.model = mine.model
        WHERE mine.id = pruned_models.version_id AND other.id NOT IN (SELECT version_id FROM pruned_models))"""
    return PRUNED.one(conn, rest, [version_id])


def pruned_versions(conn: sqlite3.Connection) -> set[int]:
    return {each.version_id for each in PRUNED.all(conn, "")}
