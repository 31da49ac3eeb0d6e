"""The store: what goes in comes out by its digest, unchanged or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mltui.errors import NotFound
from mltui.store.blobs import Blobs, damaged_blob, digest_of, lost_blob
from mltui.store.closure import Closure, closure
from mltui.store.folder import files_of
from mltui.store.materialize import lay_out
from mltui.store.translation import translated
from mltui.store.tree import Tree, TreeEntry, check_path, tree_of

Progress = Callable[[int, int], None]
"""Called with the files done and the files in all, from the caller's thread."""

Item = TypeVar("Item")
Found = TypeVar("Found")

_THREADS = 4


class Store:
    """Blobs and trees under one folder, which the first write makes. Safe for many threads and processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._blobs = Blobs(folder)

    @translated()
    def put_bytes(self, data: bytes) -> str:
        return self._lasting(self._blobs.put(io.BytesIO(data)))

    @translated()
    def put_file(self, path: Path) -> str:
        return self._lasting(self._blobs.put_file(path))

    @translated()
    def take_file(self, path: Path) -> str:
        """As `put_file` without a second copy: the file becomes the blob by a hard link, and read-only."""
        return self._lasting(self._blobs.take_file(path))

    @translated()
    def has(self, digest: str) -> bool:
        """Whether the blob is there; of a tree, its manifest."""
        return self._blobs.path(digest).is_file()

    @translated()
    def path(self, digest: str) -> Path:
        """The blob's file, to be read only. Raises `NotFound`."""
        return self._blobs.require(digest)

    @translated()
    def read_bytes(self, digest: str) -> bytes:
        """For small blobs. Raises `NotFound`, or `Damaged` when the bytes are not those of the digest."""
        return self._blobs.read(digest)

    def read_json(self, digest: str) -> Any:
        return json.loads(self.read_bytes(digest))

    def put_tree(self, folder: Path, *, on_progress: Progress | None = None) -> str:
        """Tree digest of all regular files in the folder, hidden ones too; links inside count as what they lead to.

        Raises `UsageError` for links that lead out, pipes, sockets, devices, and names that are not UTF-8.
        """
        return self._import(folder, self._blobs.put_file, on_progress)

    def take_tree(self, folder: Path, *, on_progress: Progress | None = None) -> str:
        """As `put_tree` without a second copy: the files become the blobs by hard links, and read-only.

        The folder stays, so that this can be repeated after a crash; remove it when the digest is on record.
        """
        return self._import(folder, self._blobs.take_file, on_progress)

    @translated()
    def put_entries(self, entries: Iterable[tuple[str, bytes | Path]]) -> str:
        """Tree digest of paths with their content or the file that has it. Raises `UsageError` for unsafe paths."""
        return self._put_manifest(self._put_entry(check_path(path), content) for path, content in entries)

    def tree(self, digest: str) -> Tree:
        """Raises `NotFound`, or `Damaged` when the blob is no manifest."""
        return Tree.from_manifest(self.read_bytes(digest))

    @translated()
    def materialize(self, digest: str, target: Path, *, under: str | None = None) -> None:
        """Lays the tree out as a folder of read-only files: whole or not at all, and again without harm.

        `under` takes only that folder of the tree. The target must not exist, or be empty, or hold this very tree
        (`Conflict`). Its files may be one with the store's blobs: nobody may write to them.
        """
        tree = self.tree(digest)
        if under is not None:
            tree = tree.under(under)
            if not tree.entries:
                raise NotFound(f"the tree {digest} has no folder {under}", hint="look at its paths")
        lay_out(tree, target, blobs=self._blobs)

    @translated()
    def verify(self, digest: str, *, on_progress: Progress | None = None) -> None:
        """Hashes all of the tree again; raises `Damaged`, naming the first bad file."""
        with _in_parallel(self._verify_entry, self.tree(digest).entries, on_progress) as results:
            for _ in results:
                pass

    @translated()
    def reachable(self, roots: Iterable[str], *, without: Collection[str] = ()) -> Closure:
        """Of these digests those that are blobs here, and every blob that they lead to; `without` is passed over."""
        return closure(self._blobs, roots, without=without)

    @translated()
    def unneeded(self, needed: Collection[str], *, before: float) -> dict[str, int]:
        """Digest → bytes of every other blob that nobody put, or found there, since that moment (epoch seconds)."""
        return self._blobs.unneeded(needed, before=before)

    @translated()
    def sweep(self, digests: Iterable[str], *, before: float) -> int:
        """Removes these blobs, but for those that came into use since; returns the bytes that became free."""
        return self._blobs.sweep(digests, before=before)

    @translated()
    def _import(self, folder: Path, take: Callable[[Path], tuple[str, int]], on_progress: Progress | None) -> str:
        def entry(found: tuple[str, Path]) -> TreeEntry:
            return TreeEntry(found[0], *take(found[1]))

        with _in_parallel(entry, files_of(folder), on_progress) as entries:
            return self._put_manifest(entries)

    def _put_manifest(self, entries: Iterable[TreeEntry]) -> str:
        tree = tree_of(entries)
        self._blobs.flush(entry.sha256 for entry in tree.entries)
        return self.put_bytes(tree.to_manifest())

    def _lasting(self, put: tuple[str, int]) -> str:
        self._blobs.flush([put[0]])
        return put[0]

    def _put_entry(self, path: str, content: bytes | Path) -> TreeEntry:
        if isinstance(content, bytes):
            return TreeEntry(path, *self._blobs.put(io.BytesIO(content)))
        return TreeEntry(path, *self._blobs.put_file(content))

    def _verify_entry(self, entry: TreeEntry) -> None:
        path = self._blobs.path(entry.sha256)
        if not path.is_file():
            raise lost_blob(entry.sha256, name=entry.path)
        if digest_of(path) != entry.sha256:
            raise damaged_blob(path, entry.sha256, name=entry.path)


@contextmanager
def _in_parallel(
    act: Callable[[Item], Found], items: Iterable[Item], on_progress: Progress | None
) -> Iterator[Iterator[Found]]:
    """Results in the order of the items; after a failure nothing more is begun."""
    from concurrent.futures import ThreadPoolExecutor  # loads logging, which a short command does not need

    def counted() -> Iterator[Found]:
        for done, found in enumerate(pool.map(act, known), start=1):
            yield found
            if on_progress:
                on_progress(done, len(known))

    known = list(items)
    pool = ThreadPoolExecutor(_THREADS)
    try:
        yield counted()
    finally:
        pool.shutdown(cancel_futures=True)
