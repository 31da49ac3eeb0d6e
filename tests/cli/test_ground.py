"""Backup, restore, prune and pins as a script calls them."""

from __future__ import annotations

import shutil
from pathlib import Path

from cli.command_line import mltui


def test_a_script_saves_restores_pins_and_prunes(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "place", symlinks=True)
    project, workspace = tmp_path / "place" / "project", tmp_path / "place" / "workspace"
    saved = mltui("--batch", "backup", "saved.tar", directory=project, workspace=workspace)
    assert saved.data["backup"]["bytes"] == (project / "saved.tar").stat().st_size
    assert mltui("--batch", "backup", "saved.tar", directory=project, workspace=workspace).code == 7

    again = tmp_path / "again"
    made = mltui("restore", "saved.tar", directory=project, workspace=again)
    assert (made.code, "project loans restored" in made.out) == (0, True)
    assert "r1 was under way and has ended" in made.out
    assert mltui("--batch", "restore", "saved.tar", directory=project, workspace=again).code == 7
    assert mltui("--batch", "audit", "verify", directory=project, workspace=again).data["count"] > 0

    assert mltui("version", "pin", "v2", "--reason", "the paper", directory=project, workspace=again).code == 0
    assert "the paper" in mltui("version", "show", "v2", directory=project, workspace=again).out
    assert mltui("version", "unpin", "v2", directory=project, workspace=again).code == 0
    words = ("prune", "--older-than", "0d", "--models")
    told = mltui("--batch", *words, "--dry-run", directory=project, workspace=again)
    assert {(each["kind"], each["name"]) for each in told.data["pruning"]["items"]} >= {("models", "v1")}
    done = mltui(*words, directory=project, workspace=again)
    assert (done.code, "models" in done.out) == (0, True)
    refused = mltui("--batch", "release", "open", "v1", directory=project, workspace=again)
    assert (refused.code, refused.error["code"]) == (4, "model_pruned")
    assert mltui("--batch", "version", "show", "v1", directory=project, workspace=again).data["pruned"] is not None
    assert mltui("--batch", "prune", "--older-than", "soon", directory=project, workspace=again).code == 2
