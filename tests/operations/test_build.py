from __future__ import annotations

import shutil
from pathlib import Path

from mltui import __version__
from mltui.operations.acting.build import PACKAGE, build


def test_a_build_is_the_same_wherever_the_same_sources_lie(tmp_path: Path) -> None:
    copy = shutil.copytree(PACKAGE, tmp_path / "mltui", ignore=shutil.ignore_patterns("__pycache__"))
    assert build(copy) == build()
    assert build().startswith(f"{__version__}+")
    (copy / "tui" / "app.py").write_text("another screen")
    assert build(copy) == build()
    (copy / "worker" / "loop.py").write_text("another loop")
    assert build(copy) != build()
