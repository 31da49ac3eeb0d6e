"""One trained workspace a session, copied for each test that changes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stories.loans import hold_worker_lock, make_project, make_workspace, train

from mltui.engines.base import LABEL_WORKSPACE
from mltui.operations.wake import stop_worker
from mltui.workspace import Workspace


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with `project` and `workspace`: v1 and v2 are registered, their releases are in the queue."""
    place = tmp_path_factory.mktemp("loans")
    project = make_project(place / "project")
    workspace = make_workspace(project, place / "workspace")
    hold_worker_lock(workspace)
    train(workspace, project)
    train(workspace, project, "train.seed=2")
    end(workspace)
    workspace.close()
    return place


@pytest.fixture
def place(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "place", symlinks=True)
    return tmp_path / "place"


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    """Carried by the test itself."""
    opened = Workspace.open(place / "workspace")
    hold_worker_lock(opened)
    yield opened
    end(opened)
    opened.close()


def end(workspace: Workspace) -> None:
    """Worker, servers and gateways of this workspace."""
    stop_worker(workspace)
    engine = workspace.engine(workspace.policy().engine)
    for status in engine.list({LABEL_WORKSPACE: workspace.uuid}):
        engine.remove(status.name)
