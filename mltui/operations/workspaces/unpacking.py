"""Takes a backup apart: nothing of it lands anywhere but where a backup's names lead, and no blob that is not whole."""

from __future__ import annotations

import hashlib
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from mltui.domain.project_rules import is_project_name
from mltui.errors import Damaged, NotFound, Refused
from mltui.operations.workspaces.backup_format import END, FORMAT, HEADER, POLICY, End, Header, digest_in, is_log
from mltui.workspace import REGISTRY_FILE, free_bytes

Document = TypeVar("Document", Header, End)

_CHUNK_BYTES = 1024 * 1024
_DOCUMENT_BYTES = 64 * 1024 * 1024
_BLOB_MODE, _OWN_MODE, _SHARED_MODE = 0o444, 0o600, 0o660


@dataclass(frozen=True, slots=True)
class Unpacked:
    header: Header
    lost: tuple[str, ...]
    """Blobs that were damaged or missing when the backup was made."""
    blobs: int


def read_header(file: Path) -> Header:
    """Raises `NotFound` without such a file, `Damaged` for one that is no backup, `Refused` for a newer format."""
    with _opened(file) as tar:
        return _header(file, tar)


def unpack(file: Path, folder: Path, *, on_progress: Callable[[int, int], None]) -> Unpacked:
    """Into a folder that is empty; raises `Damaged`, naming what is wrong, and leaves what it has laid down."""
    with _opened(file) as tar:
        header = _header(file, tar)
        if header.bytes > free_bytes(folder):
            raise Refused(
                f"the backup holds {header.bytes} bytes, {folder} has room for {free_bytes(folder)}",
                hint="free space, or name a folder on another disk",
                code="disk_full",
            )
        return _Unpacking(file, folder, header, on_progress).take_all(tar)


class _Unpacking:
    def __init__(self, file: Path, folder: Path, header: Header, on_progress: Callable[[int, int], None]) -> None:
        self._file, self._folder, self._header, self._on_progress = file, folder, header, on_progress
        self._files, self._bytes, self._bad = 1, 0, set[str]()
        self._blobs = 0
        self._mode = _SHARED_MODE if folder.stat().st_mode & stat.S_IWGRP else _OWN_MODE

    def take_all(self, tar: tarfile.TarFile) -> Unpacked:
        while (member := tar.next()) is not None:
            source = _content(self._file, tar, member)
            if member.name == END:
                return self._finished(_decoded(self._file, source, End))
            self._take(member, source)
            self._files += 1
            self._on_progress(min(self._bytes, self._header.bytes), self._header.bytes)
        raise _damaged(self._file, "its end is missing: it was cut")

    def _take(self, member: tarfile.TarInfo, source: IO[bytes]) -> None:
        digest = digest_in(member.name)
        if digest is None and member.name not in (REGISTRY_FILE, POLICY) and not is_log(member.name):
            raise _damaged(self._file, f"it holds {member.name!r}, which no backup does")
        target = self._folder / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        found = self._copy(source, member, target)
        target.chmod(self._mode if digest is None else _BLOB_MODE)
        if digest is not None and found != digest:
            self._bad.add(digest)
            target.unlink()
        elif digest is not None:
            self._blobs += 1

    def _copy(self, source: IO[bytes], member: tarfile.TarInfo, target: Path) -> str:
        """SHA-256 (hex) of what was copied."""
        hasher, left = hashlib.sha256(), member.size
        with target.open("xb") as out:
            while left:
                chunk = source.read(min(left, _CHUNK_BYTES))
                if not chunk:
                    raise _damaged(self._file, f"it was cut in the middle of {member.name}")
                hasher.update(chunk)
                left -= out.write(chunk)
        self._bytes += member.size
        return hasher.hexdigest()

    def _finished(self, end: End) -> Unpacked:
        if unknown := self._bad.difference(end.lost):
            raise _damaged(self._file, f"blob {min(unknown)} is not what its hash says")
        if end.files != self._files:
            raise _damaged(self._file, f"it holds {self._files} files instead of {end.files}")
        return Unpacked(self._header, end.lost, self._blobs)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with file.open("rb") as source, tarfile.open(fileobj=source, mode="r|") as tar:
            yield tar
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound(f"there is no backup {file}", hint="look at the path") from None
    except FileExistsError as error:
        raise _damaged(file, f"it holds {error.filename} twice") from error
    except (tarfile.TarError, EOFError, UnicodeError) as error:
        raise _damaged(file, f"it is no tar archive, or was cut: {error}") from error
    except OSError as error:
        raise Refused(f"the backup cannot be restored: {error}", hint="may you read it, and is there room?") from error


def _header(file: Path, tar: tarfile.TarFile) -> Header:
    member = tar.next()
    if member is None or member.name != HEADER:
        raise _damaged(file, "it does not begin as a backup does")
    header = _decoded(file, _content(file, tar, member), Header)
    if header.format > FORMAT:
        raise Refused(f"{file} was written by a newer mltui, {header.made_by}", hint="upgrade mltui")
    if not is_project_name(header.project):
        raise _damaged(file, f"{header.project!r} is no project's name")
    return header


def _content(file: Path, tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """No link, device or sparse file gets any further."""
    source = tar.extractfile(member) if member.isreg() and not member.issparse() else None
    if source is None:
        raise _damaged(file, f"{member.name!r} in it is no regular file")
    return source


def _decoded(file: Path, source: IO[bytes], kind: type[Document]) -> Document:
    try:
        return msgspec.json.decode(source.read(_DOCUMENT_BYTES), type=kind)
    except msgspec.MsgspecError as error:
        raise _damaged(file, f"its description cannot be read: {error}") from error


def _damaged(file: Path, problem: str) -> Damaged:
    return Damaged(
        f"{file} cannot be restored: {problem}",
        hint="take another backup; nothing was kept of it",
        code="backup_damaged",
    )
