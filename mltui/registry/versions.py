"""Trained models; a version is never changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from mltui.domain.version import GroupFigure, ModelVersion
from mltui.errors import Damaged
from mltui.registry.columns import moment_text
from mltui.registry.table import LAST_ID, Table
from mltui.registry.translation import damaged_row, translated


@dataclass(frozen=True, slots=True)
class VersionModel:
    id: int
    run_id: int
    created_at: datetime
    model: str
    """Tree digest."""


@dataclass(frozen=True, slots=True)
class VersionData:
    id: int
    data: str
    """Tree digest."""
    data_report: Mapping[str, Any]


DATA = Table("versions", VersionData)


@dataclass(frozen=True, slots=True)
class VersionGroups:
    id: int
    created_at: datetime
    data: str
    """Tree digest."""
    metrics: Mapping[str, float]
    groups: tuple[GroupFigure, ...]


MODELS = Table("versions", VersionModel)
GROUPS = Table("versions", VersionGroups)
VERSIONS = Table("versions", ModelVersion)


def add(tx: sqlite3.Connection, **fields: Any) -> ModelVersion:
    """All fields of a `ModelVersion` but the id. Raises `ValueError` for a metric that is no number."""
    return VERSIONS.add(tx, fields)


def find(conn: sqlite3.Connection, id: int) -> ModelVersion | None:
    return VERSIONS.one(conn, "WHERE id = ?", [id])


def find_as_far_as_read(conn: sqlite3.Connection, id: int) -> tuple[ModelVersion, tuple[str, ...]] | None:
    """With the names of its fields that are damaged, and empty therefore."""
    return VERSIONS.one_as_far_as_read(conn, "WHERE id = ?", [id])


def damage(id: int, lost: Sequence[str]) -> Damaged:
    """Names what `find_as_far_as_read` could not read."""
    return damaged_row(f"row {id} of {VERSIONS.name}", lost)


def latest(conn: sqlite3.Connection) -> ModelVersion | None:
    return VERSIONS.one(conn, "ORDER BY id DESC")


def list_versions(conn: sqlite3.Connection, *, limit: int = 20, before: int | None = None) -> list[ModelVersion]:
    """Newest first. `before`: only ids below this one, which gives the next page."""
    return VERSIONS.all(conn, "WHERE id < ? ORDER BY id DESC LIMIT ?", [before or LAST_ID, limit])


def of_run(conn: sqlite3.Connection, run_id: int) -> ModelVersion | None:
    """The newest one that the run registered."""
    return VERSIONS.one(conn, "WHERE run_id = ? ORDER BY id DESC", [run_id])


def of_data(conn: sqlite3.Connection, digest: str) -> ModelVersion | None:
    """The newest that was trained on it."""
    return VERSIONS.one(conn, "WHERE data = ? ORDER BY id DESC", [digest])


def data_before(conn: sqlite3.Connection, moment: datetime, *, limit: int) -> Iterator[VersionData]:
    """Of the versions that there were then: first of those that answered, the oldest of them first; then of the newest.

    What is damaged is passed over.
    """
    then, answered = moment_text(moment), "live_from <= ? AND (live_until IS NULL OR live_until > ?)"
    with translated():
        live = conn.execute(f"SELECT DISTINCT version_id FROM deployments WHERE {answered} ORDER BY 1", [then, then])
        newest = conn.execute("SELECT id FROM versions WHERE created_at <= ? ORDER BY id DESC LIMIT ?", [then, limit])
        ids = dict.fromkeys(int(id) for (id,) in chain(live.fetchall(), newest.fetchall()))
    for id in ids:
        with suppress(Damaged):
            yield from DATA.all(conn, "WHERE id = ?", [id])


def of_outputs(conn: sqlite3.Connection, *, model: str, evaluation: str) -> ModelVersion | None:
    """The newest one with these trees."""
    return VERSIONS.one(conn, "WHERE model = ? AND evaluation = ? ORDER BY id DESC", [model, evaluation])


def models(conn: sqlite3.Connection) -> list[VersionModel]:
    """Of all versions, the oldest first."""
    return MODELS.all(conn, "ORDER BY id")


def groups_of(conn: sqlite3.Connection, *, until: int | None, limit: int, offset: int = 0) -> list[VersionGroups]:
    """The newest first, up to the version `until`."""
    rest = "WHERE id <= ? ORDER BY id DESC LIMIT ? OFFSET ?"
    return GROUPS.all(conn, rest, [until or LAST_ID, limit, offset])
