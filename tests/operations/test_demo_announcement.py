"""What a demo says that it will take, before it takes it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from mltui.errors import Refused
from mltui.operations.demo.story import run_demo


class Disk(NamedTuple):
    total: int
    used: int
    free: int


def said(folder: Path, *, sample: str, engine: str) -> str:
    """Before anything is laid down."""
    lines: list[str] = []
    with pytest.raises(Refused, match=r"0\.5 GB of disk are free"):
        run_demo(sample=sample, engine=engine, folder=folder / "demo", say=lines.append)
    assert not (folder / "demo").exists()
    return "; ".join(lines)


@pytest.mark.parametrize(
    ("sample", "engine", "told"),
    [
        ("tacos", "docker", ("training image: 6 GB", "14 GB are wanted")),
        ("loans", "docker", ("training image: 0.6 GB", "2 GB are wanted")),
        ("loans", "process", ("engine: process", "1 GB are wanted")),
    ],
)
def test_a_demo_tells_the_size_of_what_its_sample_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: str, engine: str, told: tuple[str, str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(10**12, 10**12, 5 * 10**8))
    found = said(tmp_path, sample=sample, engine=engine)
    assert all(each in found for each in told)
