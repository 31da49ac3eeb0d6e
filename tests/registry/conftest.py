from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mltui.registry import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry.create(tmp_path / "registry.db", workspace_uuid="0b5e", project="tacos")
    yield registry
    registry.close()
