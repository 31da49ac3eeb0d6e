"""A table whose columns are the fields of one value: rows become values here, and values rows.

Every piece of SQL that is put together here is made of names in our own source; what a user says is always a parameter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from mltui.errors import NotFound
from mltui.registry.columns import Decoder, decoders, empties, encoded
from mltui.registry.search import Condition, below, where
from mltui.registry.translation import damaged_row, translated

T = TypeVar("T")

LAST_ID = 2**63 - 1
"""Larger than every id: the bound of a list that begins at its newest row."""


class Table(Generic[T]):
    def __init__(self, name: str, value: type[T], *, key: tuple[str, ...] = ("id",)) -> None:
        self.name = name
        self.value = value
        self.key = key
        self.columns = tuple(field.name for field in fields(cast(Any, value)))
        self._select = f"SELECT {_quoted(self.columns)} FROM {name} "

    def all(self, conn: sqlite3.Connection, where: str, parameters: Sequence[Any] = ()) -> list[T]:
        """`where` is the rest of the statement after `FROM table`."""
        with translated():
            rows = conn.execute(self._select + where, [encoded(parameter) for parameter in parameters]).fetchall()
        return [self._from_row(row) for row in rows]

    def one(self, conn: sqlite3.Connection, where: str, parameters: Sequence[Any] = ()) -> T | None:
        return next(iter(self.all(conn, where + " LIMIT 1", parameters)), None)

    def one_as_far_as_read(
        self, conn: sqlite3.Connection, where: str, parameters: Sequence[Any] = ()
    ) -> tuple[T, tuple[str, ...]] | None:
        """As `one`, but what is kept as JSON and cannot be read is empty; with the names of those columns."""
        with translated():
            encoded_parameters = [encoded(parameter) for parameter in parameters]
            row = conn.execute(self._select + where + " LIMIT 1", encoded_parameters).fetchone()
        if row is None:
            return None
        empty, broken = empties(self.value), self._broken(row)
        lost = tuple(name for name in broken if name in empty)
        rest = [empty[name] if name in lost else stored for name, stored in zip(self.columns, row, strict=True)]
        return self._from_row(rest), lost

    def page(
        self,
        conn: sqlite3.Connection,
        conditions: Sequence[Condition | None],
        *,
        limit: int,
        before: int | None = None,
        offset: int = 0,
    ) -> list[T]:
        """By the key, which has to be a number, the largest first.

        Rows of such a table are never removed and numbered without gaps, so an offset into all of them is a number.
        """
        (key,) = self.key
        wanted = [*conditions, below(key, before or LAST_ID)]
        if offset and before is None and not any(conditions):
            wanted, offset = [Condition(f"{key} <= (SELECT max({key}) FROM {self.name}) - ?", (offset,))], 0
        return self.all(conn, *where(wanted, f"ORDER BY {key} DESC LIMIT ? OFFSET ?", limit, offset))

    def count(self, conn: sqlite3.Connection, where: str = "", parameters: Sequence[Any] = ()) -> int:
        with translated():
            encoded_parameters = [encoded(parameter) for parameter in parameters]
            (found,) = conn.execute(f"SELECT count(*) FROM {self.name} {where}", encoded_parameters).fetchone()
        return int(found)

    def add(self, tx: sqlite3.Connection, given: Mapping[str, Any]) -> T:
        """A new row with an id of its own. Raises `TypeError` for missing or unknown fields."""
        made = self.value(**{"id": 0, **given})
        return self._put(tx, made, [column for column in self.columns if column != "id"])

    def insert(self, tx: sqlite3.Connection, value: T) -> T:
        return self._put(tx, value, self.columns)

    def save(self, tx: sqlite3.Connection, value: T) -> T:
        """Takes the place of the row with the same key."""
        changed = ", ".join(f'"{column}" = excluded."{column}"' for column in self.columns if column not in self.key)
        return self._put(tx, value, self.columns, f"ON CONFLICT ({_quoted(self.key)}) DO UPDATE SET {changed} ")

    def update(self, tx: sqlite3.Connection, id: int, changes: Mapping[str, Any]) -> T:
        """Raises `TypeError` for a column that the table does not have, `NotFound` for a row."""
        unknown = set(changes) - (set(self.columns) - {"id"})
        if unknown or not changes:
            raise TypeError(f"{self.name} cannot change {sorted(unknown)}")
        assignments = ", ".join(f'"{column}" = ?' for column in changes)
        statement = f"UPDATE {self.name} SET {assignments} WHERE id = ? RETURNING {_quoted(self.columns)}"
        rows = self._write(tx, statement, [*changes.values(), id])
        if not rows:
            raise NotFound(f"there is no row {id} in {self.name}")
        return self._from_row(rows[0])

    def _put(self, tx: sqlite3.Connection, value: T, columns: Sequence[str], on_conflict: str = "") -> T:
        into = f"{self.name} ({_quoted(columns)}) VALUES ({', '.join('?' * len(columns))})"
        statement = f"INSERT INTO {into} {on_conflict}RETURNING {_quoted(self.columns)}"
        return self._from_row(self._write(tx, statement, [getattr(value, column) for column in columns])[0])

    def _write(self, tx: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[Sequence[Any]]:
        if not tx.in_transaction:
            raise RuntimeError(f"a change to {self.name} belongs into Registry.write()")
        with translated():
            return tx.execute(statement, [encoded(value) for value in values]).fetchall()

    @cached_property
    def _decoders(self) -> tuple[Decoder, ...]:
        return decoders(self.value)

    def _from_row(self, row: Sequence[Any]) -> T:
        try:
            return self.value(*(decode(stored) for decode, stored in zip(self._decoders, row, strict=True)))
        except _OF_FOREIGN_BYTES as error:
            raise damaged_row(self._name_of(row), self._broken(row)) from error

    def _name_of(self, row: Sequence[Any]) -> str:
        key = ", ".join(str(row[self.columns.index(column)]) for column in self.key if column in self.columns)
        return f"row {key} of {self.name}" if key else f"the row of {self.name}"

    def _broken(self, row: Sequence[Any]) -> list[str]:
        """The columns that cannot be decoded."""
        return [
            name
            for name, decode, stored in zip(self.columns, self._decoders, row, strict=True)
            if _fails(decode, stored)
        ]


_OF_FOREIGN_BYTES = (ValueError, TypeError, AttributeError, RecursionError)
"""What decoders can raise."""


def _fails(decode: Decoder, stored: Any) -> bool:
    try:
        decode(stored)
    except _OF_FOREIGN_BYTES:
        return True
    return False


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
