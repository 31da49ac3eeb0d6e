"""A small project with its workspace; no worker carries anything, unless a test does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git
from stories.loans import hold_worker_lock

from mltui.operations.initialise import init_workspace
from mltui.workspace import Workspace


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return under_git(lay_down(tmp_path / "project"))


@pytest.fixture
def workspace(project: Path, tmp_path: Path) -> Iterator[Workspace]:
    made = init_workspace(project, folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(made)
    yield made
    made.close()
