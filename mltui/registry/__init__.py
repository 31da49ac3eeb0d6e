"""The registry: the only room that speaks SQL.

`Registry` opens it, other rooms only pass a `Connection` on. Queries are functions in one module per table, the
connection first: of `Registry.read` for those that only read, of `Registry.write` for those that change something.
"""

from sqlite3 import Connection

from mltui.registry.connection import Registry

__all__ = ["Connection", "Registry"]
