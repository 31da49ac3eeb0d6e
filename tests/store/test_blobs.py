from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_processes import run_at_once

from mltui.errors import Conflict, Damaged, MltuiError, NotFound, Refused, UsageError
from mltui.store import Store
from mltui.store.incoming import STALE_SECONDS


def _unfinished(store: Store) -> list[Path]:
    return list((store.folder / "incoming").iterdir())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.binary(max_size=200))
def test_a_blob_is_named_by_its_hash_and_comes_out_as_it_went_in(store: Store, content: bytes) -> None:
    digest = store.put_bytes(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert store.read_bytes(digest) == content
    assert store.path(digest) == store.folder / "blobs" / digest[:2] / digest[2:]
    assert _unfinished(store) == []


def test_a_file_that_is_larger_than_a_chunk_is_put_whole(store: Store, tmp_path: Path) -> None:
    content = os.urandom(3 * 1024 * 1024 + 17)
    (tmp_path / "model.onnx").write_bytes(content)
    assert store.path(store.put_file(tmp_path / "model.onnx")).read_bytes() == content


def test_a_put_file_is_a_copy_and_a_taken_one_is_the_file_itself(store: Store, tmp_path: Path) -> None:
    put, taken = tmp_path / "put", tmp_path / "taken"
    put.write_bytes(b"put")
    taken.write_bytes(b"taken")
    put_blob, taken_blob = store.path(store.put_file(put)), store.path(store.take_file(taken))
    assert not put.samefile(put_blob)
    assert taken.samefile(taken_blob)
    put.write_bytes(b"changed")
    assert put_blob.read_bytes() == b"put"
    assert store.take_file(taken) == taken_blob.parent.name + taken_blob.name


def test_blobs_are_never_writable(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"b")
    for digest in (store.put_bytes(b"a"), store.take_file(tmp_path / "file")):
        assert stat.S_IMODE(store.path(digest).stat().st_mode) == 0o444


def test_a_blob_that_is_not_there_is_not_found(store: Store) -> None:
    unknown = "0" * 64
    assert not store.has(unknown)
    for ask in (store.path, store.read_bytes, store.read_json, store.tree, store.verify):
        with pytest.raises(NotFound) as refusal:
            ask(unknown)
        assert refusal.value.hint


@pytest.mark.parametrize("name", ["", "abc", "../../etc/passwd", "0" * 63 + "\n", "G" * 64, "A" * 64])
def test_what_is_no_digest_leads_nowhere(store: Store, name: str) -> None:
    for ask in (store.has, store.path, store.read_bytes, store.tree):
        with pytest.raises(UsageError):
            ask(name)


def _damage(path: Path, content: bytes) -> None:
    path.chmod(0o640)
    path.write_bytes(content)


def test_reading_damaged_bytes_is_refused(store: Store) -> None:
    digest = store.put_bytes(b"evidence")
    _damage(store.path(digest), b"Evidence")
    with pytest.raises(Damaged, match=digest):
        store.read_bytes(digest)


def test_a_blob_that_was_cut_short_is_replaced_when_it_comes_again(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    for put in (store.put_file, store.take_file, lambda path: store.put_bytes(path.read_bytes())):
        digest = put(tmp_path / "file")
        blob = store.path(digest)
        blob.unlink()
        blob.write_bytes(b"con")
        assert put(tmp_path / "file") == digest
        assert store.read_bytes(digest) == b"content"


def test_what_a_crash_left_is_removed_later_and_what_is_being_written_is_not(store: Store) -> None:
    store.put_bytes(b"first")
    old, young = store.folder / "incoming" / "blob-old", store.folder / "incoming" / "blob-young"
    for path in (old, young):
        path.write_bytes(b"half")
    long_ago = time.time() - STALE_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    Store(store.folder).put_bytes(b"second")
    assert _unfinished(store) == [young]


def test_a_failing_source_leaves_nothing(store: Store, tmp_path: Path) -> None:
    def entries() -> object:
        yield "a.txt", b"a"
        yield "b.txt", tmp_path / "missing"

    with pytest.raises(UsageError, match="missing"):
        store.put_entries(entries())  # type: ignore[arg-type]
    assert _unfinished(store) == []


def test_many_processes_may_put_the_same_content_at_once(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.bin").write_bytes(number.to_bytes(2, "big") * 40_000)
    program = """
        store = Store(Path(sys.argv[1]))
        print(store.put_tree(Path(sys.argv[2])), store.put_bytes(b"same"))
    """
    answers = run_at_once(program, store.folder, folder, count=6)
    assert len(set(answers)) == 1
    store.verify(answers[0].split()[0])
    assert _unfinished(store) == []


def test_a_file_that_is_written_to_while_it_is_taken_is_a_conflict(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"a")
    flush = os.fsync
    with path.open("ab", buffering=0) as writer:

        def write_meanwhile(descriptor: int) -> None:
            writer.write(b"b")
            flush(descriptor)

        monkeypatch.setattr(os, "fsync", write_meanwhile)
        with pytest.raises(Conflict, match="growing"):
            store.take_file(path)


def test_where_no_link_can_be_made_a_copy_is_taken(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "file").write_bytes(b"content")
    digest = store.take_file(tmp_path / "file")
    assert store.read_bytes(digest) == b"content"
    assert not (tmp_path / "file").samefile(store.path(digest))
    tree = store.put_entries([("a/b", b"content")])
    store.materialize(tree, tmp_path / "out")
    assert (tmp_path / "out" / "a" / "b").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "out" / "a" / "b").stat().st_mode) == 0o444
    store.materialize(tree, tmp_path / "out")


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="needs a second file system")
def test_a_file_on_another_file_system_is_copied(store: Store, tmp_path: Path) -> None:
    other = Path(f"/dev/shm/mltui-test-{os.getpid()}-{time.monotonic_ns()}")
    if os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("/dev/shm is no other file system")
    other.mkdir()
    try:
        (other / "file").write_bytes(b"far away")
        digest = store.take_tree(other)
        store.materialize(digest, other / "out")
        assert (other / "out" / "file").read_bytes() == b"far away"
    finally:
        for path in (other / "out" / "file", other / "file"):
            path.unlink(missing_ok=True)
        for folder in (other / "out", other):
            folder.rmdir()


def test_a_shared_folder_stays_shared_all_the_way_down(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    before = os.umask(0o077)
    try:
        store = Store(shared / "store")
        tree = store.put_entries([("a/b/c.txt", b"content")])
        store.materialize(tree, shared / "runs" / "41" / "in")
    finally:
        os.umask(before)
    folders = [path for path in shared.rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o2770}
    assert {stat.S_IMODE(path.stat().st_mode) for path in shared.rglob("*") if path.is_file()} == {0o444}


def test_containers_of_another_user_may_read_what_nobody_may_write(tmp_path: Path) -> None:
    """Who may come in at all is decided by the workspace's own folder."""
    store = Store(tmp_path / "store")
    digest = store.put_bytes(b"content")
    assert stat.S_IMODE(store.path(digest).stat().st_mode) == 0o444
    assert not [path for path in store.folder.rglob("*") if path.stat().st_mode & stat.S_IWOTH]


def test_a_full_disk_and_a_forbidden_folder_are_said_in_words(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_bytes(b"first")
    for number, kind, code in ((errno.ENOSPC, MltuiError, "disk_full"), (errno.EACCES, Refused, "store_forbidden")):

        def refuse(_: int, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(kind) as refusal:
            store.put_entries([("a", b"second")])
        assert refusal.value.code == code
    assert _unfinished(store) == []
