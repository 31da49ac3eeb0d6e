from __future__ import annotations

from pathlib import Path

import pytest

from mltui.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A small folder of class folders."""
    folder = tmp_path / "pictures"
    for name, content in {
        "taco/1.jpg": b"one",
        "taco/2.jpg": b"two",
        "burrito/1.jpg": b"three",
        "burrito/.x": b"",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
