"""Makes a new registry and brings an old one up to date; the only module that loads sqlite-utils.

The caller holds the file lock and an open transaction: migrations apply all together or not at all.
"""

from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING

import mltui.registry.schema as schema

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations


def migrate(connection: sqlite3.Connection) -> None:
    """Applies what was not applied yet."""
    database_class, migrations = _registered()
    migrations.apply(database_class(connection, execute_plugins=False))
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {schema.VERSION}")


def _registered() -> tuple[type[Database], Migrations]:
    database_class, migrations_class = _load_sqlite_utils()
    migrations = migrations_class("mltui")

    @migrations()
    def tables(database: Database) -> None:
        for statement in (*schema.TABLES, *schema.INDEXES, *schema.TRIGGERS):
            database.execute(statement)

    @migrations()
    def search(database: Database) -> None:
        for table, columns in schema.SEARCHED.items():
            database.table(table).enable_fts(columns, create_triggers=True)

    @migrations()
    def presence(database: Database) -> None:
        database.execute(schema.PRESENCE)

    @migrations()
    def smokes(database: Database) -> None:
        database.execute(schema.SMOKES)

    @migrations()
    def versions_by_metrics(database: Database) -> None:
        database.execute(schema.VERSIONS_BY_METRICS)

    @migrations()
    def locks(database: Database) -> None:
        for statement in schema.LOCKS:
            database.execute(statement)

    @migrations()
    def emergencies(database: Database) -> None:
        for statement in schema.EMERGENCIES:
            database.execute(statement)

    @migrations()
    def signatures(database: Database) -> None:
        for statement in schema.SIGNATURES:
            database.execute(statement)

    @migrations()
    def card_fields(database: Database) -> None:
        for statement in schema.CARD_FIELDS:
            database.execute(statement)

    return database_class, migrations


def _load_sqlite_utils() -> tuple[type[Database], type[Migrations]]:
    """sqlite-utils imports numpy and pandas where it finds them: 1.3 s that nothing here needs."""
    hidden = [name for name in ("numpy", "pandas") if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        from sqlite_utils import Database, Migrations
    finally:
        for name in hidden:
            del sys.modules[name]
    return Database, Migrations
