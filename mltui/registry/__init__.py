"""The registry: the only room that speaks SQL.

`Registry` opens it. Queries are functions in one module per table, the connection first: of `Registry.read` for those
that only read, of `Registry.write` for those that change something.
"""

from mltui.registry.connection import Registry

__all__ = ["Registry"]
