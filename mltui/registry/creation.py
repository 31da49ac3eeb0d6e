"""Makes the registry's file: whole or not at all, and for all of the group where the folder is shared."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mltui.errors import Refused
from mltui.registry.session import connect, in_transaction


def make_registry(path: Path, facts: dict[str, str]) -> None:
    """Builds the file under another name first, so that a registry is there whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    for ending in ("", "-journal", "-wal", "-shm"):
        unfinished.with_name(unfinished.name + ending).unlink(missing_ok=True)
    unfinished.touch()
    _share(unfinished)
    with closing(connect(unfinished)) as connection:
        with in_transaction(connection):
            load_and_migrate(connection)
            connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", facts.items())
        connection.execute("PRAGMA journal_mode = WAL")
    unfinished.rename(path)
    _flush_folder(path.parent)


def load_and_migrate(transaction: sqlite3.Connection) -> None:
    from mltui.registry.migrations import migrate  # sqlite-utils takes 0.16 s to load

    migrate(transaction)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    lock = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    except OSError as error:
        raise Refused(f"{lock} cannot be opened: {error.strerror}", hint="are you in the workspace's group?") from error
    try:
        _share(lock)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _share(path: Path) -> None:
    """In a folder that a group may write, the group may write the file, whatever the umask.

    SQLite gives the files `-wal` and `-shm` beside it the same mode.
    """
    if path.parent.stat().st_mode & stat.S_IWGRP and path.stat().st_uid == os.geteuid():
        path.chmod(0o660)
