from __future__ import annotations

import os
import shutil
import socket
import stat
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mltui.errors import Conflict, Damaged, MltuiError, NotFound, UsageError
from mltui.store import Store, Tree, TreeEntry, differences
from mltui.store.tree import check_path, tree_of

DIGEST = "ab" * 32

_parts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12).filter(
    lambda part: part not in (".", "..") and len(part.encode()) < 200
)
_paths = st.lists(_parts, min_size=1, max_size=4).map("/".join)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_tree_holds_every_file_with_its_path_size_and_hash(store: Store, pictures: Path) -> None:
    digest = store.put_tree(pictures)
    tree = store.tree(digest)
    assert [(entry.path, entry.size) for entry in tree.entries] == [
        ("burrito/.x", 0),
        ("burrito/1.jpg", 5),
        ("taco/1.jpg", 3),
        ("taco/2.jpg", 3),
    ]
    assert [store.read_bytes(entry.sha256) for entry in tree.entries] == [b"", b"three", b"one", b"two"]
    assert tree.size == 11
    assert store.read_bytes(digest) == tree.to_manifest()


def test_a_tree_does_not_depend_on_order_of_creation_times_or_modes(
    store: Store, pictures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    for path, content in sorted(_files(pictures).items(), reverse=True):
        (other / path).parent.mkdir(parents=True, exist_ok=True)
        (other / path).write_bytes(content)
        (other / path).chmod(0o600)
        os.utime(other / path, (1, 1))
    (other / "empty").mkdir()
    digest = store.put_tree(pictures)
    assert store.put_tree(other) == digest
    assert store.put_entries(reversed(_files(pictures).items())) == digest
    assert store.put_entries((path, pictures / path) for path in _files(pictures)) == digest
    assert store.take_tree(other) == digest


@pytest.mark.parametrize("change", ["byte", "name", "folder", "more", "fewer"])
def test_any_change_of_names_or_bytes_makes_another_tree(store: Store, pictures: Path, change: str) -> None:
    before = store.put_tree(pictures)
    file = pictures / "taco" / "1.jpg"
    match change:
        case "byte":
            file.write_bytes(b"onf")
        case "name":
            file.rename(file.with_name("1.JPG"))
        case "folder":
            file.rename(pictures / "burrito" / "2.jpg")
        case "more":
            (pictures / "taco" / "3.jpg").write_bytes(b"")
        case "fewer":
            file.unlink()
    assert store.put_tree(pictures) != before


def test_taking_a_tree_stores_nothing_twice_and_can_be_repeated(store: Store, pictures: Path) -> None:
    before = _files(pictures)
    digest = store.take_tree(pictures)
    for entry in store.tree(digest).entries:
        assert (pictures / entry.path).samefile(store.path(entry.sha256))
    assert store.take_tree(pictures) == digest
    assert _files(pictures) == before
    shutil.rmtree(pictures)
    store.verify(digest)


def test_progress_is_told_for_every_file(store: Store, pictures: Path) -> None:
    for act in (store.put_tree, store.take_tree):
        calls: list[tuple[int, int]] = []
        digest = act(pictures, on_progress=lambda *counts: calls.append(counts))  # noqa: B023
        assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
        calls.clear()
        store.verify(digest, on_progress=lambda *counts: calls.append(counts))  # noqa: B023
        assert calls[-1] == (4, 4)


def test_a_link_inside_counts_as_the_file_it_leads_to(store: Store, pictures: Path) -> None:
    (pictures / "taco" / "again.jpg").symlink_to("1.jpg")
    entries = {entry.path: entry.sha256 for entry in store.tree(store.take_tree(pictures)).entries}
    assert entries["taco/again.jpg"] == entries["taco/1.jpg"]


def test_a_folder_may_be_named_by_a_link(store: Store, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(pictures)
    assert store.put_tree(tmp_path / "link") == store.put_tree(pictures)


@pytest.mark.parametrize("what", ["link out", "link to a folder", "broken link", "loop", "pipe", "socket", "bad name"])
def test_what_is_no_regular_file_inside_of_the_folder_is_refused_by_name(
    store: Store, pictures: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = pictures / "taco" / "odd"
    (tmp_path / "secret").write_bytes(b"secret")
    match what:
        case "link out":
            odd.symlink_to(tmp_path / "secret")
        case "link to a folder":
            odd.symlink_to(pictures / "burrito")
        case "broken link":
            odd.symlink_to("nothing")
        case "loop":
            odd.symlink_to("odd")
        case "pipe":
            os.mkfifo(odd)
        case "socket":
            monkeypatch.chdir(odd.parent)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind("odd")
        case "bad name":
            os.close(os.open(os.fsencode(odd) + b"\xff", os.O_CREAT | os.O_WRONLY))
    for act in (store.put_tree, store.take_tree):
        with pytest.raises(UsageError, match="odd"):
            act(pictures)


@pytest.mark.parametrize("name", ["nowhere", "secret"])
def test_what_is_no_folder_is_not_found(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"")
    with pytest.raises(NotFound, match=name):
        store.put_tree(tmp_path / name)


UNSAFE = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "../a",
    "a/../../b",
    "a/..",
    ".",
    "./a",
    "a/./b",
    "a//b",
    "a/",
    "a\0b",
    "\udcff",
]


@pytest.mark.parametrize("path", UNSAFE)
def test_unsafe_paths_are_refused(store: Store, path: str) -> None:
    with pytest.raises(UsageError):
        store.put_entries([("fine", b""), (path, b"")])
    with pytest.raises((Damaged, UnicodeEncodeError)):
        Tree.from_manifest(Tree((TreeEntry(path, DIGEST, 0),)).to_manifest())


@settings(deadline=None)
@given(st.text(max_size=30) | _paths)
@example("a/b")
def test_a_path_that_is_let_in_always_lies_inside(path: str) -> None:
    try:
        check_path(path)
    except UsageError:
        return
    inside = os.path.normpath(os.path.join("/root/folder", path))
    assert inside.startswith("/root/folder/")
    assert inside.removeprefix("/root/folder/") == path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.dictionaries(_paths, st.binary(max_size=20), max_size=5))
def test_whatever_paths_there_are_a_tree_comes_out_as_it_went_in(
    store: Store, tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    target = tmp_path_factory.mktemp("out") / "tree"
    if any(other.startswith(path + "/") for path in files for other in files):
        with pytest.raises(UsageError, match="a file and a folder"):
            store.put_entries(files.items())
        return
    digest = store.put_entries(files.items())
    assert Tree.from_manifest(store.read_bytes(digest)) == store.tree(digest)
    store.materialize(digest, target)
    assert _files(target) == files
    assert store.put_tree(target) == digest


def test_unicode_is_left_as_it_is_spelled(store: Store) -> None:
    composed, decomposed = unicodedata.normalize("NFC", "ü.jpg"), unicodedata.normalize("NFD", "ü.jpg")
    tree = store.tree(store.put_entries([(composed, b"1"), (decomposed, b"2")]))
    assert {entry.path for entry in tree.entries} == {composed, decomposed}


def test_a_path_is_in_a_tree_once_and_either_a_file_or_a_folder(store: Store) -> None:
    with pytest.raises(UsageError, match="twice"):
        store.put_entries([("a", b"1"), ("a", b"2")])
    with pytest.raises(UsageError, match="a file and a folder"):
        store.put_entries([("a/b", b"1"), ("a", b"2")])
    with pytest.raises(UsageError, match="a file and a folder"):
        store.put_entries([("a/b/c", b"1"), ("a!", b""), ("a/b", b"2")])


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"files":[],"tree":2}', b'{"files": [],"tree":1}', b'{"files":[["a",1]],"tree":1}', b"\xff"],
)
def test_a_blob_that_is_no_manifest_is_no_tree(store: Store, content: bytes) -> None:
    with pytest.raises(Damaged, match="no manifest"):
        store.tree(store.put_bytes(content))


def test_a_manifest_whose_files_are_out_of_order_is_no_tree(store: Store) -> None:
    entries = (TreeEntry("b", DIGEST, 1), TreeEntry("a", DIGEST, 1))
    with pytest.raises(Damaged):
        store.tree(store.put_bytes(Tree(entries).to_manifest()))


def test_a_tree_is_laid_out_read_only_and_again_without_harm(store: Store, pictures: Path, tmp_path: Path) -> None:
    digest = store.put_tree(pictures)
    target = tmp_path / "runs" / "in"
    for _ in range(2):
        store.materialize(digest, target)
        assert _files(target) == _files(pictures)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in target.rglob("*") if path.is_file()}
    assert modes == {0o444}
    assert [path.name for path in target.parent.iterdir()] == ["in"]


def test_a_tree_is_laid_out_into_an_empty_folder(store: Store, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    store.materialize(store.put_tree(pictures), tmp_path / "target")
    assert _files(tmp_path / "target") == _files(pictures)


def test_an_empty_tree_is_an_empty_folder(store: Store, tmp_path: Path) -> None:
    digest = store.put_entries([])
    for _ in range(2):
        store.materialize(digest, tmp_path / "target")
        assert list((tmp_path / "target").iterdir()) == []


def test_one_folder_of_a_tree_is_laid_out_alone(store: Store, pictures: Path, tmp_path: Path) -> None:
    (pictures / "tacos").mkdir()
    (pictures / "tacos" / "3.jpg").write_bytes(b"not mine")
    digest = store.put_tree(pictures)
    store.materialize(digest, tmp_path / "target", under="taco")
    assert _files(tmp_path / "target") == {"1.jpg": b"one", "2.jpg": b"two"}
    with pytest.raises(NotFound, match="nachos"):
        store.materialize(digest, tmp_path / "none", under="nachos")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("what", ["more", "fewer", "other bytes", "link"])
def test_a_folder_that_holds_anything_else_is_left_alone(
    store: Store, pictures: Path, tmp_path: Path, what: str
) -> None:
    digest = store.put_tree(pictures)
    target = tmp_path / "target"
    shutil.copytree(pictures, target)
    store.materialize(digest, target)
    match what:
        case "more":
            (target / "mine").write_bytes(b"")
        case "fewer":
            (target / "taco" / "1.jpg").unlink()
        case "other bytes":
            (target / "taco" / "1.jpg").write_bytes(b"oNe")
        case "link":
            (target / "mine").symlink_to("/etc/hostname")
    before = sorted(target.rglob("*"))
    with pytest.raises(Conflict, match="target"):
        store.materialize(digest, target)
    assert sorted(target.rglob("*")) == before


def test_a_lost_blob_is_named_and_nothing_is_laid_out(store: Store, pictures: Path, tmp_path: Path) -> None:
    digest = store.put_tree(pictures)
    store.path(store.tree(digest).entries[2].sha256).unlink()
    for act in (store.verify, lambda tree: store.materialize(tree, tmp_path / "out" / "target")):
        with pytest.raises(Damaged, match=r"taco/1\.jpg"):
            act(digest)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("content", [b"onE", b"one and more", b""])
def test_a_damaged_blob_is_found_and_named(store: Store, pictures: Path, content: bytes) -> None:
    digest = store.put_tree(pictures)
    store.verify(digest)
    blob = store.path(store.tree(digest).entries[2].sha256)
    blob.chmod(0o640)
    blob.write_bytes(content)
    with pytest.raises(Damaged, match=r"taco/1\.jpg") as refusal:
        store.verify(digest)
    assert str(blob) in refusal.value.hint


def test_a_damaged_manifest_is_found(store: Store, pictures: Path) -> None:
    digest = store.put_tree(pictures)
    manifest = store.path(digest)
    manifest.chmod(0o640)
    manifest.write_bytes(manifest.read_bytes().replace(b"taco", b"tac0"))
    with pytest.raises(Damaged):
        store.verify(digest)


def test_differences_are_what_came_went_and_changed() -> None:
    old = tree_of([TreeEntry("a", "1", 1), TreeEntry("b", "2", 1), TreeEntry("c", "3", 1)])
    new = tree_of([TreeEntry("b", "2", 1), TreeEntry("c", "4", 1), TreeEntry("d", "1", 1)])
    found = differences(old, new)
    assert (found.added, found.removed, found.changed) == (("d",), ("a",), ("c",))
    assert differences(old, old) == differences(tree_of([]), tree_of([]))


def test_every_refusal_says_what_to_do_next(store: Store, pictures: Path) -> None:
    os.mkfifo(pictures / "pipe")
    with pytest.raises(MltuiError) as refusal:
        store.put_tree(pictures)
    assert refusal.value.hint
