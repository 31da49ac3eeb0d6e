"""Opens the registry: one SQLite file in WAL mode, one connection per thread, one short transaction per act."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mltui.registry.meta as meta
import mltui.registry.schema as schema
from mltui.errors import Conflict, NotFound, Refused
from mltui.registry.changes import VERSION
from mltui.registry.creation import file_lock, load_and_migrate, make_registry
from mltui.registry.holder import held, try_free
from mltui.registry.session import connect, in_transaction
from mltui.registry.translation import damaged_registry, translated

COURTESY_SECONDS = 0.001
"""Who writes again at once lets others go first, or they would wait for as long as it has something to write."""


class Registry:
    """One workspace's registry. `create` or `open` it; `close` ends the connections of all threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._lock = threading.Lock()
        self._file: tuple[int, int] | None = None
        """Device and inode of what was opened first."""

    @classmethod
    def create(cls, path: Path, *, workspace_uuid: str, project: str) -> Registry:
        """Makes the registry, or opens the one that is there: then the UUID is the one it has already.

        Raises `Conflict` when it belongs to another project.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(path):
            if not path.exists():
                make_registry(path, {"workspace_uuid": workspace_uuid, "project": project})
        registry = cls.open(path)
        if (theirs := meta.project(registry.read())) != project:
            registry.close()
            raise Conflict(
                f"the registry {path} belongs to project {theirs}", hint=f"give {project} a workspace of its own"
            )
        return registry

    @classmethod
    def open(cls, path: Path) -> Registry:
        """Migrates an older schema. Raises `NotFound`, `Refused` (newer schema), `Damaged` (not a registry)."""
        if not path.exists():
            raise NotFound(f"there is no registry at {path}", hint="mltui init makes one", code="no_registry")
        registry = cls(path)
        try:
            registry._settle_schema()
        except BaseException:
            registry.close()
            raise
        return registry

    def read(self) -> sqlite3.Connection:
        """This thread's connection. Every statement outside of `write` is a transaction of its own."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            self._require_same_file()
            with translated():
                connection = connect(self.path)
            self._local.connection = connection
            self._local.commits, self._local.committed = 0, 0.0
            self._remember(connection)
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or, after any exception, nothing.

        Raises `Conflict` when another holds the registry for longer than 5 s, unless that is a worker that stands
        still, which is ended. Never nested: pass the transaction on.
        """
        transaction = self.read()
        if transaction.in_transaction:
            raise RuntimeError("write() inside of write(): pass the transaction on instead")
        if time.monotonic() - self._local.committed < COURTESY_SECONDS:
            time.sleep(COURTESY_SECONDS)
        with in_transaction(transaction, when_held=self._free):
            yield transaction
        self._local.commits += 1
        self._local.committed = time.monotonic()

    def _free(self, error: Conflict) -> None:
        if not try_free(self.read(), self.path):
            raise held(self.path, error) from error

    def data_version(self) -> int:
        """Changes with every commit of any process, this thread's own among them. To be compared within one thread."""
        self._require_same_file()
        with translated():
            (others,) = self.read().execute("PRAGMA data_version").fetchone()
        return int(others) + int(self._local.commits)

    def _require_same_file(self) -> None:
        """Whoever has a deleted file open still reads it, and would take it for what stands."""
        try:
            known = self.path.stat()
        except FileNotFoundError:
            raise _gone(self.path) from None
        except OSError:
            return  # SQLite tells why
        self._file = self._file or (known.st_dev, known.st_ino)
        if self._file != (known.st_dev, known.st_ino):
            raise _gone(self.path)

    def release(self) -> None:
        """Closes this thread's connection, for a thread that ends; the others keep theirs."""
        with self._lock:
            connection = self._connections.pop(threading.current_thread(), None)
        if connection is not None:
            connection.close()
        self._local.connection = None

    def close(self) -> None:
        """To be called when no other thread is in a query."""
        with self._lock:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def _remember(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            for thread in [known for known in self._connections if not known.is_alive()]:
                self._connections.pop(thread).close()
            self._connections[threading.current_thread()] = connection

    def _settle_schema(self) -> None:
        version = self._schema_version()
        if version < VERSION:
            with file_lock(self.path):
                if self._schema_version() < VERSION:
                    with self.write() as tx:
                        load_and_migrate(tx)
        elif version > VERSION:
            raise Refused(
                f"{self.path} was written by a newer mltui: schema {version}, this one knows {VERSION}",
                hint="upgrade mltui",
                code="newer_schema",
            )
        meta.workspace_uuid(self.read())

    def _schema_version(self) -> int:
        with translated():
            (application,) = self.read().execute("PRAGMA application_id").fetchone()
            (version,) = self.read().execute("PRAGMA user_version").fetchone()
        if application != schema.APPLICATION_ID:
            raise damaged_registry(f"{self.path} is no registry of mltui")
        return int(version)


def _gone(path: Path) -> NotFound:
    return NotFound(
        f"the workspace {path.parent} was taken away, or another put in its place",
        hint="leave, and start mltui again",
        code="workspace_gone",
    )
