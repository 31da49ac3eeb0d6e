"""Turns what SQLite says into errors that a person can act on; the only place that does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mltui.errors import Conflict, Damaged, MltuiError, Refused

_UNREADABLE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
DISK = "registry_disk"
"""Code of what a full or failing disk refuses."""
_TAKEN = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY}


@contextmanager
def translated() -> Iterator[None]:
    """Raises `Conflict`, `Refused`, `Damaged` or `MltuiError` for what SQLite itself reports.

    Misuse of the Python module, which carries no SQLite code, is a fault of ours and passes unchanged.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            raise
        raise _as_ours(error, code) from error


def _as_ours(error: sqlite3.Error, code: int) -> MltuiError:
    primary = code & 0xFF
    if primary in _BUSY:
        return Conflict(f"the registry is busy ({error})", hint="try again in a few seconds", code="registry_busy")
    if primary in _UNREADABLE:
        return damaged_registry(str(error))
    if primary in _FORBIDDEN:
        hint = (
            "its folder and files must be writable for you: are you in the workspace's group? "
            "Looking at it works without that while a worker is up"
        )
        return Refused(f"the registry is not writable ({error})", hint=hint, code="registry_read_only")
    if primary in _DISK:
        return MltuiError(f"the registry was not written ({error})", hint="free space on its disk", code=DISK)
    if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return Refused(f"the registry refuses it: {error}", hint="history is only added to", code="history_is_final")
    if code in _TAKEN:
        hint = "look at how things stand now, and try again"
        return Conflict(f"the registry refuses it: {error}", hint=hint, code="registry_conflict")
    return MltuiError(
        f"the registry failed: {error}", hint="this is a fault of mltui: report it", code="registry_failed"
    )


def damaged_registry(reason: str) -> Damaged:
    return Damaged(
        f"the registry cannot be read ({reason})",
        hint="put a backup of registry.db in its place; the files in the store are untouched",
        code="registry_damaged",
    )


DAMAGED_ROW = "registry_row_damaged"
"""Code of `damaged_row`: all other rows can be read."""


def damaged_row(name: str, columns: Sequence[str]) -> Damaged:
    """`name` is for instance `row 7 of runs`; `columns` are those that hold nothing readable."""
    what = f": its {' and '.join(columns)} cannot be read" if columns else ""
    return Damaged(
        f"{name} is damaged{what}",
        hint="mltui audit verify tells whether the history is whole; all other rows can be read",
        code=DAMAGED_ROW,
    )
