"""Writes one file that holds all of a workspace that cannot be made again, while everything goes on."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

import mltui
from mltui.errors import Conflict, MltuiError, Refused
from mltui.operations.acting.files_lock import files_kept
from mltui.operations.acting.told import told
from mltui.operations.workspaces.backup_format import END, FORMAT, HEADER, LOGS, POLICY, End, Header, blob_member
from mltui.operations.workspaces.guard_files import guard_files
from mltui.registry import Registry, events, references
from mltui.registry.copying import copy_to
from mltui.workspace import REGISTRY_FILE, Workspace

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


@dataclass(frozen=True, slots=True)
class Backup:
    file: Path
    bytes: int
    blobs: int
    events: int
    head: str
    """Hash of the last event in it; `audit verify --head` finds it in the history."""
    lost: tuple[str, ...]
    """Blobs that the registry names and that are not in it: they are damaged or missing in the store."""
    left_out: tuple[str, ...]
    """Certificates, keys and tokens that the policy names: secrets, which have to be saved some other way."""


def make_backup(workspace: Workspace, file: Path, *, on_progress: Progress = lambda done, total: None) -> Backup:
    """The registry as it stands at one moment, and every blob that it names, each verified on the way.

    Raises `Conflict` where the file is there already, `Refused` where it cannot be written.
    """
    target = file.expanduser().absolute()
    with files_kept(workspace), _written_beside(target) as (unfinished, out):
        copy = unfinished.with_name(unfinished.name + ".db")
        try:
            copy.touch(0o600)
            copy_to(workspace.registry.read(), copy)
            backup = _write(workspace, copy, out, target, on_progress)
        finally:
            copy.unlink(missing_ok=True)
    with told(workspace), workspace.registry.write() as tx:
        said = {"file": target.name, "bytes": backup.bytes, "blobs": backup.blobs, "head": backup.head}
        said |= {"lost": list(backup.lost)}
        events.append(tx, "BackupMade", workspace.project_name, said, actor=str(workspace.actor), at=workspace.now())
    return backup


def _write(workspace: Workspace, copy: Path, out: IO[bytes], target: Path, on_progress: Progress) -> Backup:
    with closing(Registry.open(copy)) as registry:
        conn = registry.read()
        last, head = events.head(conn)
        needed = references.named(conn)
        reached = workspace.store.reachable(references.mentioned(conn), without=references.pruned_models(conn))
    logs = [path for pattern in LOGS for path in sorted(workspace.runs_folder.glob(pattern))]
    blobs = {digest: workspace.store.path(digest) for digest in sorted(reached.blobs)}
    total = sum(path.stat().st_size for path in (copy, *blobs.values(), *logs))
    header = Header(
        FORMAT,
        mltui.__version__,
        workspace.now().isoformat(),
        workspace.project_name,
        workspace.uuid,
        last,
        head,
        total,
    )
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        writer = _Writer(tar, total, on_progress)
        writer.add_bytes(HEADER, msgspec.json.encode(header))
        writer.add_file(REGISTRY_FILE, copy)
        writer.add_bytes(POLICY, (workspace.folder / POLICY).read_bytes())
        damaged = [digest for digest, path in blobs.items() if not writer.add_blob(digest, path)]
        for path in logs:
            writer.add_file(path.relative_to(workspace.folder).as_posix(), path)
        lost = tuple(sorted({*damaged, *reached.missing, *(needed - reached.blobs)}))
        writer.add_bytes(END, msgspec.json.encode(End(writer.files, lost)))
    left_out = tuple(map(str, guard_files(workspace.folder)))
    return Backup(target, out.tell(), len(blobs) - len(damaged), last, head, lost, left_out)


class _Writer:
    def __init__(self, tar: tarfile.TarFile, total: int, on_progress: Progress) -> None:
        self._tar, self._total, self._on_progress = tar, total, on_progress
        self._done = self.files = 0

    def add_bytes(self, name: str, content: bytes) -> None:
        self._add(name, io.BytesIO(content), len(content))

    def add_file(self, name: str, path: Path) -> None:
        """As long as it is now: a log may grow meanwhile."""
        with path.open("rb") as source:
            self._add(name, source, os.fstat(source.fileno()).st_size)

    def add_blob(self, digest: str, path: Path) -> bool:
        """False for one that is not what its name says; restoring leaves it out."""
        with path.open("rb") as source:
            reader = _Hashing(source)
            self._add(blob_member(digest), reader, os.fstat(source.fileno()).st_size)
        return reader.hasher.hexdigest() == digest

    def _add(self, name: str, source: IO[bytes] | _Hashing, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, source)
        self.files += 1
        self._done += size
        self._on_progress(min(self._done, self._total), self._total)


class _Hashing:
    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.hasher = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._source.read(size)
        self.hasher.update(content)
        return content


@contextmanager
def _written_beside(target: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """Under its name when it is whole and on the disk; nothing is left of one that is not."""
    unfinished = target.with_name(f".{target.name}.{os.urandom(4).hex()}.partial")
    try:
        if target.exists():
            raise _taken(target)
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as out:
            yield unfinished, out
            out.flush()
            os.fsync(out.fileno())
        _give_name(unfinished, target)
    except FileExistsError:
        raise _taken(target) from None
    except OSError as error:
        raise Refused(
            f"the backup cannot be written: {error}", hint="name a file in a folder of yours, with room on its disk"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _give_name(unfinished: Path, target: Path) -> None:
    """Raises `FileExistsError`, where the disk knows hard links even for one that came this moment."""
    try:
        os.link(unfinished, target)
    except FileExistsError:
        raise
    except OSError:
        unfinished.rename(target)


def _taken(target: Path) -> MltuiError:
    return Conflict(f"{target} is there already", hint="name another file")
