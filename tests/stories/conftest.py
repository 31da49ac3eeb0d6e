"""One trained workspace a session, copied for each test that changes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stories.loans import end, hold_worker_lock, trained_once

from mltui.workspace import Workspace


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_once(tmp_path_factory)


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
