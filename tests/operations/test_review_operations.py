"""What an act is refused for before anything is written, and what it leaves when others act at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.small_project import ROWS, commit, git, lay_down, under_git
from stories.loans import hold_worker_lock

from mltui.errors import NotFound, Refused
from mltui.operations.initialise import init_workspace
from mltui.operations.train import request_run
from mltui.workspace import Workspace


def rename_source(project: Path, source: str) -> None:
    text = (project / "mltui.toml").read_text()
    (project / "mltui.toml").write_text(text.replace('source = "applications.csv"', f'source = "{source}"'))


def table_of(workspace: Workspace, tree: str) -> str:
    (entry,) = workspace.store.tree(tree).entries
    return workspace.store.read_bytes(entry.sha256).decode()


@pytest.mark.parametrize("source", ["./applications.csv", "x/../applications.csv"])
def test_however_its_path_is_written_committed_data_comes_from_the_commit(
    workspace: Workspace, project: Path, source: str
) -> None:
    rename_source(project, source)
    commit(project, "Name the data otherwise")
    (project / "applications.csv").write_text("not committed")
    assert table_of(workspace, request_run(workspace, project).run.data) == ROWS


def test_data_under_git_is_never_taken_from_the_disk(workspace: Workspace, project: Path) -> None:
    rename_source(project, str(project / "applications.csv"))
    commit(project, "Name the data by its whole path")
    with pytest.raises(Refused, match="under git"):
        request_run(workspace, project)


def test_data_that_only_a_later_commit_holds_is_not_taken_for_an_earlier_one(tmp_path: Path) -> None:
    project = lay_down(tmp_path / "project")
    (project / ".gitignore").write_text("*.csv\n")
    earlier = git(under_git(project), "rev-parse", "HEAD")
    git(project, "add", "--force", "applications.csv")
    commit(project, "Bring the data along")
    workspace = init_workspace(project, folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(workspace)
    with pytest.raises(Refused, match="not in the commit"):
        request_run(workspace, project, revision=earlier)
    workspace.close()


def test_a_dockerfile_that_is_not_in_the_commit_is_refused_before_anything_runs(
    workspace: Workspace, project: Path
) -> None:
    text = (project / "mltui.toml").read_text()
    own = 'dockerfile = "train/Dockerfile"\nrun = ["python", "train.py"]'
    (project / "mltui.toml").write_text(text.replace('template = "table"', own))
    commit(project, "Train with an image that is forgotten")
    with pytest.raises(NotFound, match="train/Dockerfile"):
        request_run(workspace, project)
