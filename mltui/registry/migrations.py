"""Makes a new registry and brings an old one up to date; the only module that loads sqlite-utils.

The caller holds the file lock and an open transaction: migrations apply all together or not at all.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import mltui.registry.schema as schema
from mltui.registry.changes import CHANGES, VERSION

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations


def migrate(connection: sqlite3.Connection) -> None:
    """Applies what was not applied yet."""
    database_class, migrations = _registered()
    migrations.apply(database_class(connection, execute_plugins=False))
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _registered() -> tuple[type[Database], Migrations]:
    database_class, migrations_class = _load_sqlite_utils()
    migrations = migrations_class("mltui")

    @migrations()
    def tables(database: Database) -> None:
        _execute((*schema.TABLES, *schema.INDEXES, *schema.TRIGGERS), database)

    @migrations()
    def search(database: Database) -> None:
        for table, columns in schema.SEARCHED.items():
            database.table(table).enable_fts(columns, create_triggers=True)

    for name, statements in CHANGES.items():
        migrations(name=name)(_change(statements))

    return database_class, migrations


def _change(statements: tuple[str, ...]) -> Callable[[Database], None]:
    return lambda database: _execute(statements, database)


def _execute(statements: tuple[str, ...], database: Database) -> None:
    for statement in statements:
        database.execute(statement)


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
