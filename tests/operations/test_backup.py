"""A backup is whole or none, and a restore lays down what was saved or nothing at all."""

from __future__ import annotations

import grp
import io
import os
import signal
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mltui.domain.run import WorkState
from mltui.errors import Conflict, Damaged, MltuiError, NotFound, Refused
from mltui.operations.acting.files_lock import files_kept, files_pruned
from mltui.operations.runs.train import request_run
from mltui.operations.workspaces.backup import make_backup
from mltui.operations.workspaces.backup_format import END, HEADER
from mltui.operations.workspaces.restore import restore
from mltui.registry import events, jobs, runs
from mltui.workspace import Workspace

Members = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def saved(workspace: Workspace, project: Path, tmp_path: Path) -> Path:
    """Of a workspace with a run in its queue, whose source, data and plan are in the store."""
    request_run(workspace, project)
    return make_backup(workspace, tmp_path / "saved.tar").file


def test_a_run_that_waited_has_ended_in_what_is_restored(workspace: Workspace, saved: Path, tmp_path: Path) -> None:
    made = restore(saved, tmp_path / "again")
    with opened(made.folder) as again:
        conn = again.registry.read()
        (run,) = runs.list_runs(conn)
        assert (run.state, jobs.unfinished(conn), made.ended) == (WorkState.CANCELLED, [], ("1",))
        assert again.store.tree(run.data) == workspace.store.tree(run.data)
        assert again.uuid == made.uuid != workspace.uuid
        kinds = [event.kind for event in events.list_events(conn, after=made.events)]
        assert kinds == ["WorkspaceRestored", "RunCancelled"]
    assert (made.lost, saved.stat().st_mode & 0o777) == ((), 0o600)
    told = events.list_events(workspace.registry.read(), kind="BackupMade")
    assert [event.data["bytes"] for event in told] == [saved.stat().st_size]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_what_is_restored_for_a_group_is_open_to_it_and_else_to_nobody(saved: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        restore(saved, tmp_path / "own")
        restore(saved, tmp_path / "shared", group=grp.getgrgid(os.getgid()).gr_name)
    finally:
        os.umask(before)
    for name in ("registry.db", "policy.toml"):
        modes = [(tmp_path / place / name).stat().st_mode & 0o777 for place in ("own", "shared")]
        assert modes == [0o600, 0o660], name


def test_secrets_that_the_policy_names_are_told_and_left_out(workspace: Workspace, tmp_path: Path) -> None:
    policy = workspace.folder / "policy.toml"
    named = (
        f'[environments.production]\ntoken_file = "token"\ntls = {{ certificate = "{tmp_path}/c.pem", key = "k.pem" }}'
    )
    policy.write_text(policy.read_text().replace("[environments.production]", named))
    for path in (tmp_path / "c.pem", workspace.folder / "k.pem", workspace.folder / "token"):
        path.write_text("a secret word")
    made = make_backup(workspace, tmp_path / "saved.tar")
    assert set(made.left_out) == {f"{tmp_path}/c.pem", *(str(workspace.folder / name) for name in ("k.pem", "token"))}
    assert b"a secret word" not in made.file.read_bytes()
    again = tmp_path / "again"
    assert restore(made.file, again).wanting == (str(again / "k.pem"), str(again / "token"))


def test_nothing_that_is_there_is_written_over(workspace: Workspace, saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(Conflict, match="there already"):
        make_backup(workspace, saved)
    with pytest.raises(Conflict, match="workspace already"):
        restore(saved, workspace.folder)
    with pytest.raises(Refused, match="not empty"):
        restore(saved, tmp_path)
    assert saved.read_bytes() == before


def test_a_blob_that_is_damaged_is_told_and_all_else_is_saved(
    workspace: Workspace, project: Path, tmp_path: Path
) -> None:
    run = request_run(workspace, project).run
    (entry,) = workspace.store.tree(run.data).entries
    blob = workspace.store.path(entry.sha256)
    blob.chmod(0o600)
    blob.write_bytes(bytes(blob.stat().st_size))
    assert make_backup(workspace, tmp_path / "damaged.tar").lost == (entry.sha256,)
    blob.unlink()
    assert make_backup(workspace, tmp_path / "lost.tar").lost == (entry.sha256,)
    for name in ("damaged", "lost"):
        made = restore(tmp_path / f"{name}.tar", tmp_path / name)
        assert made.lost == (entry.sha256,)
        with opened(made.folder) as again:
            assert not again.store.has(entry.sha256)
            assert again.store.has(run.source)


def cut(members: Members) -> Members:
    return members[:-1]


def another_byte(members: Members) -> Members:
    return [(each, content[:-1] + b"?" if each.name.startswith("store/") else content) for each, content in members]


def a_blob_less(members: Members) -> Members:
    at = next(number for number, (each, _) in enumerate(members) if each.name.startswith("store/"))
    return members[:at] + members[at + 1 :]


def with_member(name: str, **fields: object) -> Callable[[Members], Members]:
    def add(members: Members) -> Members:
        member = tarfile.TarInfo(name)
        for field, value in fields.items():
            setattr(member, field, value)
        return [*members[:-1], (member, b""), members[-1]]

    return add


def another_registry(members: Members) -> Members:
    assert any(b"RunRequested" in content for _, content in members)
    return [(each, content.replace(b"RunRequested", b"RunRefuested")) for each, content in members]


def no_header(members: Members) -> Members:
    return members[1:]


def elsewhere(members: Members) -> Members:
    """Where no folder is named, a project's workspace lies under its name."""
    assert b'"project":"loans"' in members[0][1]
    return [(each, content.replace(b'"project":"loans"', b'"project":"../x"')) for each, content in members]


def newer(members: Members) -> Members:
    return [(each, content.replace(b'"format":1', b'"format":9')) for each, content in members]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (cut, "it was cut"),
        (another_byte, "not what its hash says"),
        (a_blob_less, "instead of"),
        (another_registry, "registry|history"),
        (no_header, "does not begin"),
        (elsewhere, "is no project's name"),
        (newer, "newer mltui"),
        (with_member("../outside"), "no backup does"),
        (with_member("/etc/outside"), "no backup does"),
        (with_member("runs/1/../../outside/log.jsonl"), "no backup does"),
        (with_member("run/outside", type=tarfile.SYMTYPE, linkname="/etc"), "no regular file"),
        (with_member("policy.toml", type=tarfile.LNKTYPE, linkname="registry.db"), "no regular file"),
        (with_member("policy.toml"), "twice"),
    ],
    ids=lambda each: each.__name__ if callable(each) else each,
)
def test_what_is_no_whole_backup_leaves_nothing_behind(
    saved: Path, tmp_path: Path, change: Callable[[Members], Members], problem: str
) -> None:
    place = tmp_path / "inside" / "again"
    write(changed := tmp_path / "changed.tar", change(members_of(saved)))
    with pytest.raises((Damaged, Refused), match=problem):
        restore(changed, place)
    assert list(place.parent.iterdir()) == []
    assert not (tmp_path / "outside").exists()


def test_bytes_that_are_missing_or_no_backup_are_told(saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    for share in (0, 100, len(content) // 3, len(content) * 2 // 3):
        (tmp_path / "cut.tar").write_bytes(content[:share])
        with pytest.raises(Damaged):
            restore(tmp_path / "cut.tar", tmp_path / "again")
    (tmp_path / "cut.tar").write_bytes(b"no backup " * 1000)
    with pytest.raises(Damaged):
        restore(tmp_path / "cut.tar", tmp_path / "again")
    with pytest.raises(NotFound):
        restore(tmp_path / "nowhere.tar", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_nothing_is_pruned_while_a_backup_is_made(workspace: Workspace) -> None:
    with files_kept(workspace), files_kept(workspace), pytest.raises(Conflict, match="backup"), files_pruned(workspace):
        pass
    with files_pruned(workspace), pytest.raises(Conflict), files_pruned(workspace):
        pass


def test_who_prunes_is_not_stopped_by_ctrl_z_before_it_is_over(workspace: Workspace) -> None:
    with files_pruned(workspace):
        assert signal.SIGTSTP in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.SIGTSTP not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_disk_without_room_is_told_before_anything_is_written(saved: Path, tmp_path: Path) -> None:
    members = members_of(saved)
    assert (members[0][0].name, members[-1][0].name) == (HEADER, END)
    huge = members[0][1].replace(b'"bytes":', b'"bytes":9999999999')
    write(tmp_path / "huge.tar", [(members[0][0], huge), *members[1:]])
    with pytest.raises(Refused, match="room") as refusal:
        restore(tmp_path / "huge.tar", tmp_path / "again")
    assert refusal.value.code == "disk_full"
    with pytest.raises(MltuiError, match="cannot be written"):
        make_backup_nowhere(saved, tmp_path)


def make_backup_nowhere(saved: Path, tmp_path: Path) -> None:
    with opened(restore(saved, tmp_path / "again").folder) as again:
        make_backup(again, tmp_path / "no such folder" / "saved.tar")


def opened(folder: Path) -> closing[Workspace]:
    return closing(Workspace.open(folder))


def members_of(file: Path) -> Members:
    with tarfile.open(file) as tar:
        return [(each, read(tar, each)) for each in tar]


def read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    source = tar.extractfile(member)
    assert source is not None
    return source.read()


def write(file: Path, members: Members) -> None:
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
