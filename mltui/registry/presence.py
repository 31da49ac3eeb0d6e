"""Who has which decision open; a row is worth nothing a few seconds after it was written."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from mltui.registry.columns import moment_text
from mltui.registry.table import Table
from mltui.registry.translation import translated


@dataclass(frozen=True, slots=True)
class Presence:
    login: str
    """With the one behind sudo, where there is one."""
    pid: int
    """Of the program in which it is open."""
    subject: str
    """`r12`, or an environment whose rollback is looked at."""
    at: datetime


PRESENCE = Table("presence", Presence, key=("login", "pid"))


def save(tx: sqlite3.Connection, presence: Presence) -> Presence:
    """Takes the place of what the same program was at before."""
    return PRESENCE.save(tx, presence)


def remove(tx: sqlite3.Connection, *, login: str, pid: int) -> None:
    with translated():
        tx.execute("DELETE FROM presence WHERE login = ? AND pid = ?", (login, pid))


def remove_older(tx: sqlite3.Connection, than: datetime) -> None:
    with translated():
        tx.execute("DELETE FROM presence WHERE at < ?", (moment_text(than),))


def at_subject(conn: sqlite3.Connection, subject: str, *, since: datetime) -> list[Presence]:
    """By login and process."""
    return PRESENCE.all(conn, "WHERE subject = ? AND at >= ? ORDER BY login, pid", [subject, since])
