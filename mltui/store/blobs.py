"""Blobs: files named by the SHA-256 of their content, each whole or not there at all, however many write at once."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mltui.errors import Conflict, Damaged, NotFound, UsageError
from mltui.store.incoming import remove_stale, unique_name
from mltui.store.modes import BLOB_MODE, flush_folder, make_folder
from mltui.store.sweeping import blobs_in, make_young, relied_on, sweep

_CHUNK_BYTES = 1024 * 1024
_CANNOT_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.EOPNOTSUPP, errno.EEXIST}
"""Another file system, another person's file under `fs.protected_hardlinks`, too many links, a file system without,
a name that is taken."""


class Blobs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = folder / "blobs"
        self._incoming = folder / "incoming"
        self._is_prepared = False

    def path(self, digest: str) -> Path:
        """Where the blob lies, whether it is there or not."""
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise UsageError(f"“{digest}” is no digest", hint="a digest has 64 hexadecimal digits")
        return self._blobs / digest[:2] / digest[2:]

    def require(self, digest: str) -> Path:
        path = self.path(digest)
        if not path.is_file():
            raise NotFound(f"the store has no blob {digest}", hint="was it removed, or is this another workspace?")
        return path

    def put(self, source: IO[bytes]) -> tuple[str, int]:
        """Digest and size of what was read to its end."""
        hasher, size = hashlib.sha256(), 0
        with self._new_file() as (unfinished, target):
            while chunk := source.read(_CHUNK_BYTES):
                hasher.update(chunk)
                size += target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
            os.fchmod(target.fileno(), BLOB_MODE)
            self._keep(unfinished, hasher.hexdigest(), size)
        return hasher.hexdigest(), size

    def put_file(self, path: Path) -> tuple[str, int]:
        """Reads a file twice when its content is new, and writes nothing when it is not."""
        digest, size = digest_of(path), path.stat().st_size
        if self._holds(digest, size):
            return digest, size
        with opened(path) as source:
            return self.put(source)

    def take_file(self, path: Path) -> tuple[str, int]:
        """As `put_file`, but the blob is the file at `path` itself, read-only from now on, where links can be made.

        Raises `Conflict` when somebody writes to it meanwhile.
        """
        try:
            path.chmod(BLOB_MODE)
            make_young(path)
        except PermissionError:
            return self.put_file(path)
        digest, size = _settled_digest(path)
        if not self._holds(digest, size):
            blob = self.path(digest)
            make_folder(blob.parent)
            if not try_link(path, blob):
                return self.put_file(path)
        return digest, size

    def flush(self, digests: Iterable[str]) -> None:
        """Makes the names of these blobs outlive a power cut; their content does from the start."""
        folders = {self.path(digest).parent for digest in digests}
        for folder in folders | {folder.parent for folder in folders}:
            flush_folder(folder)

    def unneeded(self, needed: Collection[str], *, before: float) -> dict[str, int]:
        """Every other blob that is older than that moment, with its size."""
        return {
            digest: known.st_size
            for digest, known in blobs_in(self._blobs)
            if known.st_mtime < before and digest not in needed
        }

    def sweep(self, digests: Iterable[str], *, before: float) -> int:
        """Bytes that became free."""
        return sum(freed for _, freed in sweep(self._folder, map(self.path, digests), before=before))

    def read(self, digest: str) -> bytes:
        path = self.require(digest)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise damaged_blob(path, digest)
        return content

    def _holds(self, digest: str, size: int) -> bool:
        """False for a blob that is to be replaced: it was cut short, for instance."""
        return relied_on(self._folder, self.path(digest), size=size)

    def _keep(self, unfinished: Path, digest: str, size: int) -> None:
        if not self._holds(digest, size):
            blob = self.path(digest)
            make_folder(blob.parent)
            unfinished.replace(blob)

    @contextmanager
    def _new_file(self) -> Iterator[tuple[Path, IO[bytes]]]:
        unfinished = self._prepared() / unique_name("blob-")
        try:
            with unfinished.open("xb") as target:
                yield unfinished, target
        finally:
            unfinished.unlink(missing_ok=True)

    def _prepared(self) -> Path:
        if not self._is_prepared:
            remove_stale(make_folder(self._incoming).iterdir())
            self._is_prepared = True
        return self._incoming


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """A regular file for reading; never waits for a pipe, never follows a link that came in meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="may you read it?", code="unreadable_file"
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{path} is no regular file", hint="take it out of the folder", code="no_regular_file")
        yield file


def digest_of(path: Path) -> str:
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def try_link(source: Path, target: Path) -> bool:
    """False where a link cannot be made and a copy has to do."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in _CANNOT_LINK:
            return False
        raise
    return True


def damaged_blob(blob: Path, digest: str, *, name: str = "") -> Damaged:
    return Damaged(
        f"{name or 'a file'} in the store is damaged: blob {digest} is not what its hash says",
        hint=f"remove {blob}, then put it back from a backup or make it again",
        code="damaged_blob",
    )


def lost_blob(digest: str, *, name: str) -> Damaged:
    return Damaged(
        f"{name} is missing in the store: blob {digest} is not there",
        hint="put it back from a backup or make it again",
        code="lost_blob",
    )


def _settled_digest(path: Path) -> tuple[str, int]:
    """Digest and size of a file that lies safely on the disk and that nobody writes to.

    A second look, for another thread that takes the same file may have made it young meanwhile.
    """
    for _ in range(2):
        with opened(path) as file:
            before = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return digest, after.st_size
    raise Conflict(f"{path} changed while it was read", hint="end what writes to it, then try again")
