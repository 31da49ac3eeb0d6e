"""A small project with its workspace; no worker carries anything, unless a test does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git
from stories.loans import hold_worker_lock, made_once

from mltui.operations.runs.commits import configure
from mltui.operations.workspaces.initialise import init_workspace
from mltui.workspace import Workspace


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    made = made_once(tmp_path_factory, "small-project", _make_project)
    return Path(shutil.copytree(made / "project", tmp_path / "project", symlinks=True))


@pytest.fixture
def workspace(project: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Workspace]:
    made = made_once(tmp_path_factory, "small-workspace", _make_workspace)
    shutil.copytree(made / "workspace", tmp_path / "workspace", symlinks=True)
    configure(project, place="", workspace=tmp_path / "workspace")
    opened = Workspace.open(tmp_path / "workspace")
    hold_worker_lock(opened)
    yield opened
    opened.close()


def _make_project(place: Path) -> None:
    under_git(lay_down(place / "project"))


def _make_workspace(place: Path) -> None:
    _make_project(place)
    init_workspace(place / "project", folder=place / "workspace", engine="process").close()
