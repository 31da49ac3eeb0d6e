"""Whether one operator may approve their own work is asked once, of a person alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.command_line import mltui
from operations.small_project import lay_down, under_git
from tui.terminal import terminal

from mltui.config.policy import parse_policy


def allows(workspace: Path) -> bool:
    return parse_policy((workspace / "policy.toml").read_text()).environments["production"].gate.self_approval


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return under_git(lay_down(tmp_path / "project"))


@pytest.mark.parametrize(("answer", "is_allowed"), [("y\n", True), ("\n", False)])
def test_on_a_terminal_a_person_is_asked(project: Path, tmp_path: Path, answer: str, *, is_allowed: bool) -> None:
    workspace = tmp_path / "workspace"
    with terminal("--workspace", str(workspace), "init", "--engine", "process", directory=project) as opened:
        opened.await_text("May you approve")
        opened.press(answer)
        assert opened.process.wait(60) == 0
    assert allows(workspace) == is_allowed


def test_a_script_is_not_asked_and_told_how(project: Path, tmp_path: Path) -> None:
    said = mltui("init", "--engine", "process", directory=project, workspace=tmp_path / "off")
    assert (said.code, allows(tmp_path / "off")) == (0, False)
    assert "--self-approval" in said.out
    policy = (tmp_path / "off" / "policy.toml").read_text().splitlines()
    line = next(number for number, text in enumerate(policy, 1) if text.startswith("gate ="))
    checked = mltui("--batch", "policy", "check", directory=project, workspace=tmp_path / "off")
    assert checked.code == 2
    assert f"policy.toml, line {line}: environments.production.gate: " in checked.error["message"]
    assert "alone can write this workspace" in checked.error["message"]
    assert "self_approval = true" in checked.error["hint"]
    assert "mltui init --group" in checked.error["hint"]
    assert mltui("doctor", directory=project, workspace=tmp_path / "off").code == 2
    (tmp_path / "off").chmod(0o2770)
    checked = mltui("policy", "check", directory=project, workspace=tmp_path / "off")
    assert checked.code == 0
    assert "! production: nobody may approve what they asked for or wrote" in checked.out
    more = ("init", "--engine", "process", "--self-approval")
    assert mltui("--batch", *more, directory=project, workspace=tmp_path / "on").data["engine"] == "process"
    assert allows(tmp_path / "on")
