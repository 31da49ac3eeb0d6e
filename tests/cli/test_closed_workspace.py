"""A workspace that belongs to somebody else, or that is no longer what it was."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git

from mltui.cli.main import run
from mltui.operations.workspaces.initialise import init_workspace
from mltui.workspace import REGISTRY_FILE, Workspace

AS_ANOTHER_USER = """if True:
    import contextlib, io, os, sys
    from mltui.cli.main import run
    if os.geteuid() == 0:  # once as root, so that what it imports is there when only root may read it
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run(sys.argv[1:])
        os.setgroups([]), os.setgid(41001), os.setuid(41001)
    sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture
def closed() -> Iterator[Path]:
    """A workspace in a folder that nobody but root may enter; a project of the same name lies beside it."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        project = under_git(lay_down(Path(place) / "project"))
        folder = Path(place) / "state" / "mltui" / "loans"
        init_workspace(project, folder=folder, engine="process").close()
        subprocess.run(["git", "-C", str(project), "config", "--unset", "mltui.workspace"], check=True)
        folder.chmod(0)
        yield folder
        folder.chmod(0o700)


def as_another_user(*words: str, directory: Path, state: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_STATE_HOME": str(state), "DOCKER_HOST": "unix:///nowhere.sock"}
    environment.pop("MLTUI_WORKSPACE", None)
    command = [sys.executable, "-c", AS_ANOTHER_USER, *words]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("is_named", [True, False], ids=["named by flag", "found by the project's name"])
@pytest.mark.parametrize("command", [("status",), ("doctor",)])
def test_a_workspace_closed_to_a_person_is_refused_and_says_how_it_is_opened(
    closed: Path, command: tuple[str, ...], is_named: bool
) -> None:
    state = closed.parents[1]
    words = ("--workspace", str(closed), *command) if is_named else command
    said = as_another_user(*words, directory=state.parent / "project", state=state)
    assert "Traceback" not in said.stderr
    for wanted in (str(closed), "mltui init --group"):
        assert wanted in said.stdout + said.stderr
    if command == ("status",):
        assert said.returncode == 4
    else:
        assert "✓ git" in said.stdout
        assert "✗ workspace" in said.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")
def test_a_workspace_that_a_person_may_only_read_is_shown_while_somebody_has_it_open(
    closed: Path,
) -> None:
    """SQLite needs the files that lie beside an open registry, and may make none here."""
    for path in (closed, *closed.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    place = {"directory": closed.parents[3], "state": closed.parents[3]}
    words = ("--workspace", str(closed))
    alone = as_another_user(*words, "status", **place)
    assert (alone.returncode, "while a worker is up" in alone.stderr) == (4, True)
    workspace = Workspace.open(closed)
    try:
        assert workspace.project_name in as_another_user(*words, "status", **place).stdout
    finally:
        workspace.close()


def _damage(folder: Path) -> None:
    (folder / REGISTRY_FILE).write_bytes(b"no registry at all" * 100)


@pytest.mark.parametrize("hurt", [_damage, lambda folder: (folder / REGISTRY_FILE).unlink()], ids=["damaged", "gone"])
def test_the_doctor_reports_all_else_where_the_workspace_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hurt: object
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    project = under_git(lay_down(tmp_path / "project"))
    init_workspace(project, folder=tmp_path / "workspace", engine="process").close()
    assert callable(hurt)
    hurt(tmp_path / "workspace")
    monkeypatch.setenv("MLTUI_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.chdir(project)
    assert run(["doctor"]) != 0
    printed = capsys.readouterr()
    for each in ("✓ git", "– docker", "✓ gateway", "disk", "✗ workspace"):
        assert each in printed.out
