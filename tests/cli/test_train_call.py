"""What `mltui train` says of the run that it asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.small_project import commit, lay_down, under_git
from stories.loans import hold_worker_lock

from mltui.cli.main import run
from mltui.operations.workspaces.initialise import init_workspace


def test_the_command_that_follows_a_run_asks_for_no_other_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = under_git(lay_down(tmp_path / "project"))
    workspace = init_workspace(project, engine="process")
    hold_worker_lock(workspace)
    workspace.close()
    monkeypatch.chdir(project)
    assert run(["train", "--set", "train.C=0.5"]) == 0
    told = capsys.readouterr().out.partition("follow it: mltui ")[2].split()
    commit(project, "Go on meanwhile")
    assert told.pop() == "--follow"
    assert run(told) == 0
    assert capsys.readouterr().out.startswith("run 1 of commit")
