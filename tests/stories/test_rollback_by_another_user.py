"""The owner of a group's workspace is logged out and no worker runs: a colleague rolls back, as another user."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from stories.loans import made_once
from stories.people import Person, people
from stories.shells import kill_worker, worker_pid
from stories.soundness import await_that
from stories.weather import ANSWER_SECONDS, asked, make_three, open_copy

from mltui.operations.workspaces.audit import verify_history
from mltui.workspace import Workspace


@pytest.fixture
def folder() -> Iterator[Path]:
    """Open to others, which a test's own folder is not."""
    before = os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="mltui-shared-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
    os.umask(before)


@pytest.fixture
def colleague(folder: Path) -> Iterator[Person]:
    with people(folder, "bob") as (bob,):
        yield bob


@pytest.fixture
def workspace(folder: Path, colleague: Person, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """As `mltui init --group` makes one."""
    made = made_once(tmp_path_factory, "three-in-production-process", partial(make_three, "process"))
    with open_copy(made, folder, prepare=partial(_give_to, colleague.group)) as opened:
        yield opened


def _give_to(group: str, folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        shutil.chown(path, group=group)
        mode = path.stat().st_mode
        path.chmod(mode | 0o2070 if path.is_dir() else mode | (mode & 0o600) >> 3)
    folder.chmod(0o2770)


def test_a_colleague_rolls_back_with_the_owner_logged_out(workspace: Workspace, colleague: Person) -> None:
    kill_worker(workspace)
    with asked(workspace) as found:
        back = colleague.mltui("--workspace", str(workspace.folder), "rollback", "--reason", "it is wrong")
    assert back["restored"]["version"] == "v2"
    assert found.versions == ["v3", "v2"]
    print(f"first v2 {found.first('v2'):.2f} s, last v3 {found.last('v3'):.2f} s, the interpreter's start included")
    assert found.first("v2") <= ANSWER_SECONDS
    await_that(lambda: worker_pid(workspace) is not None, what="the colleague's worker is there")
    assert Path(f"/proc/{worker_pid(workspace)}").owner() == colleague.login
    verify_history(workspace)
