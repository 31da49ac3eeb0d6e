"""Sixteen who begin at the same moment: one makes what has to be made, all others find it or are told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git
from stories.loans import hold_worker_lock
from stories.soundness import history

from mltui.operations.workspaces.audit import verify_history
from mltui.operations.workspaces.initialise import init_workspace
from mltui.workspace import Workspace

PROGRAM = """
import sys
from mltui.__main__ import main
import mltui.cli.main, mltui.operations.workspaces.initialise
import mltui.operations.runs.train, mltui.operations.acting.wake
print("ready", flush=True)
sys.stdin.readline()
raise SystemExit(main())
"""
SIXTEEN = 16
REFUSED, CONFLICT = 4, 7


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return under_git(lay_down(tmp_path / "project"))


def at_once(project: Path, *calls: Sequence[str]) -> list[tuple[int, dict[str, object]]]:
    """Exit code and answer of each, all let go when the last one is ready."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "--batch", *words],
            cwd=project,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for words in calls
    ]
    for each in started:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    said = [each.communicate(timeout=120)[0] for each in started]
    return [(each.returncode, json.loads(out)) for each, out in zip(started, said, strict=True)]


def test_of_sixteen_first_starts_one_makes_the_workspace(project: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "workspace")
    init = ("init", "--workspace", place, "--engine", "process")
    status = ("--workspace", place, "status")
    answers = at_once(project, *[init, status] * (SIXTEEN // 2))
    made = Counter(code for code, answer in answers if answer["command"] == "init")
    assert made[0] == 1
    assert set(made) <= {0, REFUSED, CONFLICT}
    assert {code for code, answer in answers if answer["command"] == "status"} <= {0, 3}
    workspace = Workspace.open(Path(place))
    assert [event.kind for event in history(workspace)] == ["WorkspaceCreated", "PolicyChanged"]
    verify_history(workspace)
    workspace.close()


def test_of_sixteen_who_ask_for_the_same_run_one_starts_it(project: Path, tmp_path: Path) -> None:
    workspace = init_workspace(project, folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(workspace)
    answers = at_once(project, *[("train",)] * SIXTEEN)
    assert {code for code, _ in answers} == {0}, answers
    kinds = [event.kind for event in history(workspace)]
    assert (kinds.count("RunRequested"), kinds.count("DataVersionImported")) == (1, 1)
    verify_history(workspace)
    workspace.close()
