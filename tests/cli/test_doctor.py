"""The doctor proves what it says, and fails only where something is missing that this workspace needs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git

from mltui.cli.main import run
from mltui.operations.workspaces.examine import Finding, examine
from mltui.operations.workspaces.initialise import init_workspace

PICTURES = """
[project]
name = "loans"
[data]
source = "pictures"
[steps.train]
template = "image"
[smoke]
cases = [{ input = "smoke/taco.jpg", expect = "taco" }]
"""


@pytest.fixture(autouse=True)
def _without_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = under_git(lay_down(tmp_path / "project"))
    monkeypatch.chdir(folder)
    return folder


def findings(directory: Path) -> dict[str, Finding]:
    return {each.name: each for each in examine(directory, workspace_flag=None)}


def test_without_docker_a_workspace_of_the_process_engine_lacks_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init_workspace(project, engine="process", self_approval=True).close()
    assert run(["doctor"]) == 0
    assert "– docker" in capsys.readouterr().out


def test_without_docker_a_workspace_of_the_docker_engine_cannot_work(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init_workspace(project, engine="docker").close()
    assert run(["doctor"]) == 6
    printed = capsys.readouterr()
    assert "✗ docker" in printed.out
    assert "DOCKER_HOST" in printed.err


def test_without_git_nothing_works(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert run(["doctor"]) == 6
    assert run(["train"]) == 3


def test_a_place_without_a_workspace_is_told_how_to_get_one(tmp_path: Path) -> None:
    found = findings(tmp_path)
    assert (found["repository"].is_fine, found["repository"].is_optional) == (False, True)
    assert "mltui init" in found["workspace"].remedy


def test_a_policy_that_nobody_can_pass_is_found(project: Path) -> None:
    workspace = init_workspace(project, engine="process")
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("required = 1", "required = 2"))
    workspace.close()
    assert not findings(project)["gate of production"].is_fine
    policy.write_text("engine = ")
    assert not findings(project)["policy"].is_fine


def test_the_disk_wanted_is_that_of_the_projects_own_training(project: Path) -> None:
    workspace = init_workspace(project, engine="docker")
    assert "2 GB wanted" in findings(project)["disk"].sentence
    (project / "mltui.toml").write_text(PICTURES)
    assert "14 GB wanted" in findings(project)["disk"].sentence
    workspace.close()


def _mistype_policy(folder: Path) -> None:
    (folder / "policy.toml").write_text("engine = ")


@pytest.mark.parametrize(
    ("hurt", "code"),
    [
        (_mistype_policy, 2),
        (lambda folder: (folder / "policy.toml").write_text('engine = "process"\n[environments.production]'), 2),
        (lambda folder: (folder / "registry.db").write_bytes(b"no registry" * 100), 1),
        (shutil.rmtree, 3),
        (lambda folder: (folder / "store").rename(folder / "gone"), 4),
    ],
    ids=["policy mistyped", "gate that nobody passes", "registry damaged", "no workspace", "store not writable"],
)
def test_the_first_thing_that_is_missing_decides_the_exit_code(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hurt: Callable[[Path], object],
    code: int,
) -> None:
    workspace = init_workspace(project, engine="process")
    workspace.close()
    monkeypatch.setenv("MLTUI_WORKSPACE", str(workspace.folder))
    hurt(workspace.folder)
    assert run(["--batch", "doctor"]) == code
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "not_ready"


def test_the_variables_of_a_hook_do_not_lead_the_doctor_astray(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert findings(project)["repository"].is_fine


def test_the_gateway_is_started_to_see_whether_it_can(tmp_path: Path) -> None:
    found = findings(tmp_path)["gateway"]
    assert found.is_fine
    assert "HAProxy" in found.sentence
    assert subprocess.run(["git", "--version"], capture_output=True, text=True).stdout.strip() == (
        findings(tmp_path)["git"].sentence
    )


def test_who_holds_the_registry_is_named(project: Path) -> None:
    workspace = init_workspace(project, engine="process")
    assert findings(project)["registry"].is_fine
    hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE')"
    program = f"{hold}; print('held', flush=True); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(workspace.registry.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        found = findings(project)["registry"]
        holder.kill()
    workspace.close()
    assert not found.is_fine
    assert f"held by process {holder.pid}" in found.sentence
    assert f"kill -KILL {holder.pid}" in found.remedy
