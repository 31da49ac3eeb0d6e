"""A demo is taken away as a whole, or left as it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git
from registry.registry_values import add_run

from mltui.errors import Unreachable
from mltui.operations.demo.removal import MARK, remove_demos
from mltui.operations.workspaces.initialise import init_workspace
from mltui.processes import start_ticks
from mltui.registry import worker
from mltui.workspace import Workspace


def demo(folder: Path, *, engine: str) -> Path:
    """With one run on that engine."""
    init_workspace(under_git(lay_down(folder / "project")), folder=folder / "workspace", engine=engine).close()
    (folder / MARK).touch()
    workspace = Workspace.open(folder / "workspace")
    with workspace.registry.write() as tx:
        add_run(tx, engine=engine)
    workspace.close()
    return folder


@pytest.fixture
def work() -> Iterator[subprocess.Popen[str]]:
    """A process that takes the place of a worker."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def take_up(folder: Path, process: subprocess.Popen[str]) -> None:
    workspace = Workspace.open(folder / "workspace")
    with workspace.registry.write() as tx:
        worker.beat(
            tx, pid=process.pid, start_ticks=start_ticks(process.pid), build="1", host="here", at=workspace.now()
        )
    workspace.close()


@pytest.mark.parametrize("policy", ["engine = docke", None])
def test_a_demo_goes_whatever_became_of_its_policy(
    tmp_path: Path, work: subprocess.Popen[str], policy: str | None
) -> None:
    folder = demo(tmp_path / "demo", engine="process")
    take_up(folder, work)
    file = folder / "workspace" / "policy.toml"
    file.unlink() if policy is None else file.write_text(policy)
    assert remove_demos(folder, say=lambda text: None) == [folder]
    assert not folder.exists()
    assert work.wait(timeout=60) != 0


def test_where_docker_does_not_answer_a_demos_worker_goes_on(
    tmp_path: Path, work: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = demo(tmp_path / "demo", engine="docker")
    take_up(folder, work)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'no.sock'}")
    with pytest.raises(Unreachable, match="cannot be taken away"):
        remove_demos(folder, say=lambda text: None)
    assert work.poll() is None
    assert (folder / "workspace" / "registry.db").exists()
