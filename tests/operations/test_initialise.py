"""A workspace is made where it may be, open to whom it should be, and found again."""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import git, lay_down, under_git

from mltui.errors import Conflict, NotFound, Refused
from mltui.operations.runs.train import request_run
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import events
from mltui.workspace import Workspace, locate


@pytest.fixture
def umask() -> Iterator[None]:
    """The usual one; what init sets for a shared workspace does not outlive the test."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def own_group() -> str:
    return grp.getgrgid(os.getgid()).gr_name


@pytest.mark.usefixtures("umask")
def test_in_a_shared_workspace_the_group_may_write_everything_and_others_see_nothing(
    project: Path, tmp_path: Path
) -> None:
    place = tmp_path / "shared"
    workspace = init_workspace(project, folder=place, engine="process", group=own_group())
    request_run(workspace, project)
    assert stat.S_IMODE(place.stat().st_mode) == 0o2770
    for path in place.rglob("*"):
        mode = path.stat().st_mode
        if path.is_dir():
            assert mode & stat.S_ISGID, path
            assert mode & stat.S_IWGRP, path
        elif "store" not in path.parts:  # a blob is never writable, for nobody
            assert mode & stat.S_IWGRP, path
    workspace.close()


@pytest.mark.usefixtures("umask")
def test_a_workspace_of_ones_own_is_closed_to_all_others(project: Path, tmp_path: Path) -> None:
    init_workspace(project, folder=tmp_path / "own", engine="process").close()
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700


@pytest.mark.usefixtures("umask")
def test_an_unknown_group_is_refused(project: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no-such-group"):
        init_workspace(project, folder=tmp_path / "shared", engine="process", group="no-such-group")


def test_a_place_that_holds_something_is_refused(project: Path) -> None:
    with pytest.raises(Refused, match="not empty"):
        init_workspace(project, folder=project, engine="process")


def test_a_place_whose_files_were_removed_but_not_from_git_is_refused(project: Path) -> None:
    (project / "state").mkdir()
    (project / "state" / "kept").touch()
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "Keep state")
    (project / "state" / "kept").unlink()
    with pytest.raises(Refused, match="under git"):
        init_workspace(project, folder=project / "state", engine="process")


def test_a_place_that_is_taken_is_left_as_it_is(project: Path, workspace: Workspace) -> None:
    head = events.head(workspace.registry.read())
    with pytest.raises(Conflict):
        init_workspace(project, folder=workspace.folder, engine="process")
    assert events.head(workspace.registry.read()) == head


def test_two_projects_of_one_name_do_not_share_the_usual_place(tmp_path: Path) -> None:
    init_workspace(lay_down(tmp_path / "a"), engine="process").close()
    with pytest.raises(Conflict):
        init_workspace(lay_down(tmp_path / "b"), engine="process")


def test_the_clone_remembers_its_workspace(project: Path, workspace: Workspace) -> None:
    assert git(project, "config", "--local", "mltui.workspace") == str(workspace.folder)
    assert locate(None, directory=project) == workspace.folder


def test_a_flag_rules_over_the_variable_and_the_variable_over_the_clone(
    project: Path, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("by-flag", "by-variable"):
        init_workspace(lay_down(tmp_path / name), folder=tmp_path / name / "workspace", engine="process").close()
    monkeypatch.setenv("MLTUI_WORKSPACE", str(tmp_path / "by-variable" / "workspace"))
    assert locate(None, directory=project) == tmp_path / "by-variable" / "workspace"
    flag = str(tmp_path / "by-flag" / "workspace")
    assert locate(flag, directory=project) == tmp_path / "by-flag" / "workspace"


def test_without_git_the_projects_name_leads_to_the_usual_place(tmp_path: Path) -> None:
    project = lay_down(tmp_path / "project")
    made = init_workspace(project, engine="process")
    made.close()
    (project / "notebooks").mkdir()
    assert locate(None, directory=project / "notebooks") == made.folder
    assert made.folder == Path(os.environ["XDG_STATE_HOME"]) / "mltui" / "loans"


def test_the_hooks_variables_do_not_lead_to_another_workspace(
    project: Path, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = under_git(lay_down(tmp_path / "other"))
    git(other, "config", "mltui.workspace", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert locate(None, directory=project) == workspace.folder


def test_a_workspace_that_is_named_but_not_there_is_not_replaced_by_another(
    project: Path, workspace: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        locate(str(tmp_path / "nowhere"), directory=project)


def test_the_first_policy_is_on_record_and_its_text_in_the_store(workspace: Workspace) -> None:
    (event,) = events.list_events(workspace.registry.read(), kind="PolicyChanged")
    assert workspace.store.read_bytes(event.data["policy"]) == (workspace.folder / "policy.toml").read_bytes()


def test_the_reserve_is_given_up_on_a_full_disk_alone_and_laid_down_again_once_there_is_room(
    workspace: Workspace,
) -> None:
    reserve = workspace.folder / "reserve"
    workspace.give_up_reserve()
    assert reserve.stat().st_blocks * 512 >= 16 * 2**20

    workspace.free_bytes = lambda folder: 2**20
    workspace.give_up_reserve()
    workspace.try_lay_reserve()
    assert not reserve.exists()

    workspace.free_bytes = lambda folder: 2**40
    workspace.try_lay_reserve()
    assert reserve.stat().st_size == 16 * 2**20
