"""A workspace goes as a whole, and only when its project is named."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git

from mltui.errors import Refused
from mltui.operations.runs.hook import forget_workspace, install_hooks
from mltui.operations.workspaces.initialise import init_workspace
from mltui.operations.workspaces.take_away import take_away
from mltui.workspace import Workspace


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return under_git(lay_down(tmp_path / "project"))


@pytest.fixture
def workspace(project: Path, tmp_path: Path) -> Workspace:
    return init_workspace(project, folder=tmp_path / "workspace", engine="process")


def pointer(project: Path) -> str:
    words = ["git", "-C", str(project), "config", "--get", "mltui.workspace"]
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()


def hooks(project: Path) -> set[str]:
    return {path.name for path in (project / ".git" / "hooks").iterdir() if path.suffix != ".sample"}


def test_another_name_takes_nothing_away(workspace: Workspace) -> None:
    with pytest.raises(Refused, match="not of tacos"):
        take_away(workspace, named="tacos")
    assert (workspace.folder / "registry.db").exists()


def test_the_projects_name_takes_the_workspace_away(workspace: Workspace) -> None:
    take_away(workspace, named=workspace.project_name)
    assert not workspace.folder.exists()


def test_a_repository_forgets_the_workspace_with_its_hooks(workspace: Workspace, project: Path) -> None:
    install_hooks(workspace, project)
    assert (hooks(project), pointer(project)) == ({"mltui", "post-commit", "post-receive"}, str(workspace.folder))
    forget_workspace(project, workspace.folder)
    assert (hooks(project), pointer(project)) == (set(), "")


def test_the_hooks_and_the_pointer_of_another_workspace_stay(workspace: Workspace, project: Path) -> None:
    install_hooks(workspace, project)
    forget_workspace(project, workspace.folder.with_name("other"))
    assert (hooks(project), pointer(project)) == ({"mltui", "post-commit", "post-receive"}, str(workspace.folder))
