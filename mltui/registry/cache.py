"""Which outputs a step has for the same content: its key → the run that made them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mltui.registry.table import Table
from mltui.registry.translation import translated


@dataclass(frozen=True, slots=True)
class CachedOutputs:
    key: str
    run_id: int
    step: str
    outputs: Mapping[str, str]
    """Output name → tree digest."""
    at: datetime


CACHE = Table("cache", CachedOutputs, key=("key",))


def find(conn: sqlite3.Connection, key: str) -> CachedOutputs | None:
    return CACHE.one(conn, "WHERE key = ?", [key])


def add(
    tx: sqlite3.Connection, *, key: str, run_id: int, step: str, outputs: Mapping[str, str], at: datetime
) -> CachedOutputs:
    """What is cached under the key: the first outputs that came win."""
    return find(tx, key) or CACHE.insert(tx, CachedOutputs(key, run_id, step, outputs, at))


def forget(tx: sqlite3.Connection, tree: str) -> None:
    """Whatever has this tree among its outputs is made again."""
    named = "SELECT cache.key FROM cache, json_each(cache.outputs) WHERE json_each.value = ?"
    with translated():
        tx.execute(f"DELETE FROM cache WHERE key IN ({named})", (tree,))
