"""The trained workspace of the stories, for the command line's own tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from stories.loans import trained_once


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_once(tmp_path_factory)
