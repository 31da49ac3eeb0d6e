"""What nothing names goes, and never what somebody has just found there and relies on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from mltui.store import Store
from mltui.store.sweeping import YOUNG_SECONDS

OLD = time.time() - 30 * 86400
NOW = time.time() - YOUNG_SECONDS


def age(store: Store) -> None:
    for path in (store.folder / "blobs").glob("*/*"):
        os.utime(path, (OLD, OLD))


def test_what_is_put_again_is_young_again_and_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    (tmp_path / "file").write_bytes(b"taken")
    kept = [store.put_bytes(b"put"), store.put_file(tmp_path / "file")]
    gone = store.put_bytes(b"left")
    age(store)
    assert set(store.unneeded((), before=NOW)) == {*kept, gone}
    assert store.unneeded(kept, before=NOW) == {gone: 4}
    store.put_bytes(b"put")
    store.take_file(tmp_path / "file")
    assert store.sweep([*kept, gone], before=NOW) == 4
    assert [store.has(each) for each in (*kept, gone)] == [True, True, False]
    os.utime(tmp_path / "file", (OLD, OLD))
    store.sweep(kept, before=time.time() + 1)
    store.take_file(tmp_path / "file")
    assert store.unneeded((), before=NOW) == {}


def test_what_a_folder_shares_with_the_store_sets_nothing_free(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    tree = store.put_entries([("file", b"content")])
    store.materialize(tree, tmp_path / "laid out")
    age(store)
    (entry,) = store.tree(tree).entries
    assert store.sweep([entry.sha256], before=NOW) == 0
    assert (tmp_path / "laid out" / "file").read_bytes() == b"content"


def test_a_tree_and_a_document_lead_to_what_they_name_and_tell_what_is_missing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    tree, other = store.put_entries([("a", b"a"), ("b", b"b")]), store.put_entries([("a", b"a"), ("c", b"c")])
    evidence = store.put_bytes(f'{{"model":"{tree}","nothing":"{"0" * 64}"}}'.encode())
    files = {entry.path: entry.sha256 for each in (tree, other) for entry in store.tree(each).entries}
    assert store.reachable([evidence, "f" * 64]).blobs == {evidence, tree, files["a"], files["b"]}
    assert store.reachable([evidence, other], without=[tree]).blobs == {evidence, other, files["a"], files["c"]}
    store.path(files["b"]).unlink()
    assert store.reachable([tree]).missing == {files["b"]}


def test_what_is_found_after_it_was_listed_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    digests = [store.put_bytes(content) for content in (b"found", b"left")]
    age(store)

    def listed() -> Iterator[str]:
        yield from digests
        store.put_bytes(b"found")

    store.sweep(listed(), before=NOW)
    assert [store.has(digest) for digest in digests] == [True, False]
