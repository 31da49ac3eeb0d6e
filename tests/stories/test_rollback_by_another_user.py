"""The owner of a group's workspace is logged out and no worker runs: a colleague rolls back, as another user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from stories.loans import made_once
from stories.shells import kill_worker, worker_pid
from stories.soundness import await_that
from stories.weather import ANSWER_SECONDS, asked, make_three, open_copy

import mltui
from mltui.operations.audit import verify_history
from mltui.workspace import Workspace

NEEDED = "import mltui.worker.__main__, mltui.cli.main, mltui.engines.process, numpy, onnxruntime, uvicorn"
USER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user of the operating system who is in the workspace's group, and in no other."""

    login: str
    python: str

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        packages = [path for path in sys.path if path.endswith("site-packages")]
        found = os.pathsep.join([str(Path(mltui.__file__).parents[1]), *packages])
        return subprocess.run(
            [self.python, *words],
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": found},
            user=self.login,
            group=self.login,
            extra_groups=[],
            umask=0o022,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=USER_SECONDS,
        )


@pytest.fixture
def colleague() -> Iterator[Colleague]:
    if os.geteuid() != 0 or not all(map(shutil.which, ("useradd", "userdel"))):
        pytest.skip("only root can make a user")
    login = f"mltui{uuid.uuid4().hex[:8]}"
    if subprocess.run(["useradd", "--no-create-home", "--user-group", login], capture_output=True).returncode != 0:
        pytest.skip("no user can be made here")
    try:
        pythons = (sys.executable, "/usr/bin/python3")
        found = (Colleague(login, python) for python in pythons)
        fit = next((each for each in found if _is_fit(each)), None)
        if fit is None:
            pytest.skip("no interpreter is open to another user")
        yield fit
    finally:
        subprocess.run(["userdel", login], check=True, capture_output=True)


def _is_fit(colleague: Colleague) -> bool:
    try:
        return colleague.run("-P", "-c", NEEDED).returncode == 0
    except OSError:
        return False


@pytest.fixture
def workspace(colleague: Colleague, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """As `mltui init --group` makes one."""
    made = made_once(tmp_path_factory, "three-in-production-process", partial(make_three, "process"))
    before = os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="mltui-shared-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        with open_copy(made, place, prepare=partial(_give_to, colleague.login)) as opened:
            yield opened
    os.umask(before)


def _give_to(group: str, folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        shutil.chown(path, group=group)
        mode = path.stat().st_mode
        path.chmod(mode | 0o2070 if path.is_dir() else mode | (mode & 0o600) >> 3)
    folder.chmod(0o2770)


def test_a_colleague_rolls_back_with_the_owner_logged_out(workspace: Workspace, colleague: Colleague) -> None:
    kill_worker(workspace)
    words = ("--batch", "--workspace", str(workspace.folder), "rollback", "--reason", "it is wrong")
    with asked(workspace) as found:
        done = colleague.run("-P", "-m", "mltui", *words)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert json.loads(done.stdout.splitlines()[-1])["data"]["restored"]["version"] == "v2"
    assert found.versions == ["v3", "v2"]
    print(f"first v2 {found.first('v2'):.2f} s, last v3 {found.last('v3'):.2f} s, the interpreter's start included")
    assert found.first("v2") <= ANSWER_SECONDS
    await_that(lambda: worker_pid(workspace) is not None, what="the colleague's worker is there")
    assert Path(f"/proc/{worker_pid(workspace)}").owner() == colleague.login
    verify_history(workspace)
