"""One connection and one transaction, as every use of the registry wants them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from mltui.errors import Conflict
from mltui.registry.translation import translated

BUSY_SECONDS = 5.0
PAUSE_SECONDS = 0.004


def connect(path: Path) -> sqlite3.Connection:
    """Never makes a file. Threads share no connection, but `close` ends those of other threads."""
    uri = f"file:{quote(str(path.absolute()))}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _give_up(error: Conflict) -> None:
    raise error


@contextmanager
def in_transaction(
    connection: sqlite3.Connection, *, when_held: Callable[[Conflict], None] = _give_up
) -> Iterator[None]:
    """`when_held` is told that another holds the registry for longer than 5 s; it raises, or has ended that."""
    _begin(connection, when_held)
    try:
        with translated():
            yield
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _begin(connection: sqlite3.Connection, when_held: Callable[[Conflict], None]) -> None:
    with _without_patience(connection) as seconds:
        try:
            _await_turn(connection, seconds)
        except Conflict as error:
            when_held(error)
            _await_turn(connection, seconds)


@contextmanager
def _without_patience(connection: sqlite3.Connection) -> Iterator[float]:
    """Seconds for which the connection waits otherwise."""
    (milliseconds,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        yield milliseconds / 1000
    finally:
        connection.execute(f"PRAGMA busy_timeout = {milliseconds}")


def _await_turn(connection: sqlite3.Connection, seconds: float) -> None:
    """SQLite itself asks ten times a second in the end: too seldom to get a turn among many who write all the time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with translated():
                connection.execute("BEGIN IMMEDIATE")
        except Conflict:
            if time.monotonic() >= deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return
