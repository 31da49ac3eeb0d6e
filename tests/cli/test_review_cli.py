"""What a wrong call and a broken place are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git

from mltui.cli.commands.demo import _next
from mltui.cli.main import run
from mltui.operations.demo.story import DemoOutcome
from mltui.operations.workspaces.initialise import init_workspace


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = under_git(lay_down(tmp_path / "project"))
    init_workspace(folder, folder=tmp_path / "workspace", engine="process").close()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "words",
    [
        ["which", "--at", "9999-12-31T23:59-23:00"],
        ["which", "--at", "0001-01-01T00:00+23:00"],
        ["run", "list", "--limit", "9" * 30],
        ["run", "list", "--limit", "0"],
        ["rollback", "--to", "v1", "--undo"],
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_the_doctor_tells_of_a_named_workspace_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLTUI_WORKSPACE", "/nowhere")
    assert run(["doctor"]) == 3


def test_the_doctor_tells_of_a_damaged_registry(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project.parent / "workspace" / "registry.db").write_text("no database")
    assert run(["doctor"]) != 0
    assert "registry.db" in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_where_no_worker_is_none_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["worker", "stop"]) == 4
    assert "no worker is there" in capsys.readouterr().err


def test_a_demo_elsewhere_tells_how_that_one_is_taken_away() -> None:
    place = Path("/somewhere/my demo")
    outcome = DemoOutcome(
        place, place / "project", place / "workspace", "process", "v1", "127.0.0.1:1", "v2", "r2", "ab" * 32, 1.0
    )
    assert _next(outcome, is_elsewhere=True)[-1].endswith("mltui demo --remove --folder '/somewhere/my demo'")
    assert _next(outcome, is_elsewhere=False)[-1].endswith("mltui demo --remove")
