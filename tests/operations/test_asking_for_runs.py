"""What a run is made of: the commit's tree, the data as it is, and nothing of the work tree."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import ROWS, commit, git, lay_down, under_git
from stories.loans import hold_worker_lock

from mltui.domain.project import DataSource, Project
from mltui.domain.run import Run, WorkState
from mltui.errors import ConfigInvalid, NotFound, Refused, UsageError
from mltui.operations.runs.train import request_run, store_data
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import runs
from mltui.workspace import Workspace


def content(workspace: Workspace, tree: str) -> dict[str, str]:
    return {
        entry.path: workspace.store.read_bytes(entry.sha256).decode() for entry in workspace.store.tree(tree).entries
    }


def ask(workspace: Workspace, project: Path, revision: str = "HEAD", **how: bool) -> Run:
    return request_run(workspace, project, revision=revision, **how).run


def test_a_run_takes_the_files_of_its_commit_and_not_those_of_the_work_tree(
    workspace: Workspace, project: Path
) -> None:
    first = git(project, "rev-parse", "HEAD")
    (project / "applications.csv").write_text(ROWS + "1,yes\n")
    (project / "notes.txt").write_text("later")
    commit(project, "One more row")
    (project / "applications.csv").write_text("not committed")

    run = ask(workspace, project, first)
    assert run.commit == first
    assert content(workspace, run.data) == {"table.csv": ROWS}
    assert set(content(workspace, run.source)) == {"mltui.toml", "applications.csv"}
    assert run.message == "Decide on loans"
    assert content(workspace, ask(workspace, project).data) == {"table.csv": ROWS + "1,yes\n"}


def test_changes_beside_the_commit_are_flagged(workspace: Workspace, project: Path) -> None:
    assert not ask(workspace, project).is_dirty
    (project / "applications.csv").write_text("not committed")
    assert ask(workspace, project, again=True).is_dirty


def test_the_same_work_is_not_done_twice_unless_it_is_asked_for(workspace: Workspace, project: Path) -> None:
    first = request_run(workspace, project)
    second = request_run(workspace, project)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.run.id == first.run.id
    assert request_run(workspace, project, again=True).is_new
    assert request_run(workspace, project, overrides=["train.seed=2"]).is_new


def test_work_that_failed_is_done_again(workspace: Workspace, project: Path) -> None:
    first = ask(workspace, project)
    with workspace.registry.write() as tx:
        runs.update(tx, first.id, state=WorkState.FAILED)
    assert ask(workspace, project).id != first.id


def test_of_two_who_ask_at_once_only_one_gets_a_new_run(workspace: Workspace, project: Path) -> None:
    together, found = threading.Barrier(2), list[bool]()

    def ask_at_once() -> None:
        own = Workspace.open(workspace.folder)
        together.wait()
        found.append(request_run(own, project).is_new)
        own.close()

    askers = [threading.Thread(target=ask_at_once) for _ in range(2)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(found) == [False, True]


def test_data_outside_of_git_is_stored_as_it_is_now(tmp_path: Path) -> None:
    table = tmp_path / "data" / "rows.csv"
    table.parent.mkdir()
    table.write_text(ROWS)
    project = under_git(lay_down(tmp_path / "project", source=str(table)))
    workspace = init_workspace(project, folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(workspace)
    before = ask(workspace, project)
    table.write_text(ROWS + "1,yes\n")
    after = ask(workspace, project)
    assert (before.commit, before.id) != (after.commit, after.id)
    assert content(workspace, before.data) == {"table.csv": ROWS}
    assert content(workspace, after.data) == {"table.csv": ROWS + "1,yes\n"}
    workspace.close()


@pytest.fixture(params=["models/loans", ".models"])
def subfolder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project that is a part of a larger repository."""
    lay_down(tmp_path / "large", name="other")
    project = lay_down(tmp_path / "large" / request.param)
    under_git(tmp_path / "large")
    return project


@pytest.fixture
def its_workspace(subfolder: Path, tmp_path: Path) -> Iterator[Workspace]:
    made = init_workspace(subfolder, folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(made)
    yield made
    made.close()


def test_of_a_larger_repository_only_the_projects_folder_is_taken(its_workspace: Workspace, subfolder: Path) -> None:
    assert set(content(its_workspace, ask(its_workspace, subfolder).source)) == {"mltui.toml", "applications.csv"}


def test_in_a_bare_repository_the_commit_tells_where_the_project_is(
    its_workspace: Workspace, subfolder: Path, tmp_path: Path
) -> None:
    subprocess.run(["git", "clone", "-q", "--bare", tmp_path / "large", tmp_path / "large.git"], check=True, timeout=60)
    run = ask(its_workspace, tmp_path / "large.git")
    assert set(content(its_workspace, run.source)) == {"mltui.toml", "applications.csv"}
    assert (run.branch, run.is_dirty) == ("main", False)


def test_a_run_names_the_branch_whose_tip_it_was(workspace: Workspace, project: Path) -> None:
    first = git(project, "rev-parse", "HEAD")
    git(project, "switch", "-q", "-c", "night")
    later = commit(project, "Nothing new")
    git(project, "switch", "-q", "main")
    assert ask(workspace, project, first).branch == "main"
    assert ask(workspace, project, later).branch == "night"
    assert ask(workspace, project, "night", again=True).branch == "night"


def test_the_variables_of_a_hook_do_not_lead_to_another_repository(
    workspace: Workspace, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = under_git(lay_down(tmp_path / "other", name="other"))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    run = ask(workspace, project)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert run.commit == git(project, "rev-parse", "HEAD")


def test_without_a_repository_there_is_nothing_to_train(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no git repository"):
        request_run(workspace, lay_down(tmp_path / "loose"))


def test_without_a_commit_there_is_nothing_to_train(workspace: Workspace, tmp_path: Path) -> None:
    git(lay_down(tmp_path / "fresh"), "init", "-q")
    with pytest.raises(NotFound) as raised:
        request_run(workspace, tmp_path / "fresh")
    assert "commit" in raised.value.hint


@pytest.mark.parametrize("revision", ["no-such-branch", "0" * 40, "HEAD~9"])
def test_a_revision_that_is_not_there_is_named(workspace: Workspace, project: Path, revision: str) -> None:
    with pytest.raises(NotFound, match=revision):
        request_run(workspace, project, revision=revision)


def test_a_revision_cannot_be_an_option(workspace: Workspace, project: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        request_run(workspace, project, revision=f"--output={tmp_path / 'written'}")
    assert not (tmp_path / "written").exists()


def test_a_commit_of_another_project_is_refused(workspace: Workspace, project: Path) -> None:
    lay_down(project, name="tacos")
    commit(project, "Another project")
    with pytest.raises(ConfigInvalid, match="tacos"):
        request_run(workspace, project)


def test_a_commit_without_the_projects_file_is_refused(workspace: Workspace, project: Path) -> None:
    (project / "mltui.toml").unlink()
    commit(project, "Take the project away")
    with pytest.raises(NotFound, match=r"mltui\.toml"):
        request_run(workspace, project)


def test_data_that_is_nowhere_is_named(workspace: Workspace, project: Path) -> None:
    (project / "applications.csv").unlink()
    commit(project, "Take the data away")
    with pytest.raises(NotFound, match=r"applications\.csv"):
        request_run(workspace, project)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_a_repository_of_another_user_is_refused_in_gits_own_words(workspace: Workspace, project: Path) -> None:
    for path in (project, *project.rglob("*")):
        os.chown(path, 65534, -1)
    with pytest.raises(Refused, match="dubious ownership"):
        request_run(workspace, project)
    assert runs.latest(workspace.registry.read()) is None


def test_pictures_outside_of_git_are_stored_with_all_that_lies_beside_them(
    workspace: Workspace, project: Path, tmp_path: Path
) -> None:
    """What is no picture, prepare finds out and counts."""
    shots, paths = tmp_path / "shots", ["README.md", "taco/1.jpg", "taco/night/2.jpg"]
    for path in paths:
        (shots / path).parent.mkdir(parents=True, exist_ok=True)
        (shots / path).write_text(path)
    source = workspace.store.put_entries([("mltui.toml", b"")])
    made = Project("tacos", "classification", DataSource(str(shots)), {})
    stored = workspace.store.tree(store_data(workspace, made, source=source, project_folder=project))
    assert [entry.path for entry in stored.entries] == [f"pictures/{path}" for path in paths]
