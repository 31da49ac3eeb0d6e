"""The contract of --batch: one JSON object on stdout, whatever happens, and an exit code that says what kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mltui.cli.grammar import GROUPS
from mltui.cli.main import run

COMMANDS = [command for group in GROUPS for command in group.commands]
PROJECT = """
[project]
name = "loans"
[data]
source = "applications.csv"
target = "approved"
features = ["income"]
[steps.train]
template = "table"
[smoke]
cases = [{ input = { income = 1000 }, expect = "yes" }]
"""


def envelope(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    found: dict[str, object] = json.loads(printed[0])
    assert set(found) == {"mltui", "command", "ok", "data", "error"}
    assert found["mltui"] == 1
    assert found["ok"] is (found["error"] is None)
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mltui.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words", [[], ["fly"], ["which", "--no-such-flag"], ["run"], ["approve"], ["run", "list", "--limit", "x"]]
)
def test_a_wrong_call_is_an_envelope_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--batch", *words]) == 2
    error = envelope(capsys)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "usage"
    assert error["hint"]


@pytest.mark.parametrize("words", [["which"], ["status"], ["run", "show"], ["rollback"], ["train"]])
def test_without_a_workspace_every_command_says_not_found(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["--batch", *words]) == 3
    assert envelope(capsys)["command"] == " ".join(words)


def test_an_empty_workspace_answers_status_and_lists(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--batch", "init", "--engine", "process"]) == 0
    assert envelope(capsys)["data"]["engine"] == "process"  # type: ignore[index]
    for words in (
        ["status"],
        ["run", "list"],
        ["version", "list"],
        ["release", "list"],
        ["env", "list"],
        ["data", "list"],
    ):
        assert run([*words, "--batch"]) == 0
        assert envelope(capsys)["command"] == " ".join(words)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["which", "production"], 3),
        (["run", "show", "41"], 3),
        (["version", "show", "v7"], 3),
        (["version", "show", "7"], 2),
        (["release", "show", "r1"], 3),
        (["rollback"], 3),
        (["approve", "v1"], 3),
        (["env", "stop"], 3),
        (["data", "show", "data@abcdef0"], 3),
        (["train"], 3),
        (["audit", "verify", "--head", "ff" * 32], 1),
        (["init"], 7),
        (["which", "--at", "yesterday"], 2),
        (["run", "list", "--state", "happy"], 2),
        (["run", "list", "--limit", "0"], 2),
        (["worker", "stop"], 4),
    ],
)
def test_a_refusal_never_exits_with_zero(
    project: Path, words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "--engine", "process"]) == 0
    capsys.readouterr()
    assert run(["--batch", *words]) == code
    error = envelope(capsys)["error"]
    assert isinstance(error, dict)
    assert error["message"]


def test_a_second_init_leaves_the_workspace_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--engine", "process"]) == 0
    capsys.readouterr()
    assert run(["audit", "verify"]) == 0
    before = capsys.readouterr().out
    assert run(["init"]) == 7
    capsys.readouterr()
    assert run(["audit", "verify"]) == 0
    assert capsys.readouterr().out == before


def test_people_get_errors_on_stderr_with_what_to_do_next(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "mltui init" in printed.err


def test_foreign_text_cannot_act_on_the_terminal(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--engine", "process"]) == 0
    assert run(["version", "show", "v7\x1b]0;owned\x07"]) == 2
    printed = capsys.readouterr()
    assert "\x1b" not in printed.err
    assert "\x07" not in printed.err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_and_a_target_that_is_there(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    import importlib

    module, _, function = command.target.partition(":")  # type: ignore[attr-defined]
    assert callable(getattr(importlib.import_module(f"mltui.cli.commands.{module}"), function))
    with pytest.raises(SystemExit) as left:
        run([*command.name.split(), "--help"])  # type: ignore[attr-defined]
    assert left.value.code == 0
    assert command.help.split()[0] in capsys.readouterr().out  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (
            ["version", "bias", "v1", "--metrc", "x"],
            "mltui version bias takes no option --metrc",
            "did you mean --metric?",
        ),
        (["status", "--bach"], "mltui status takes no option --bach", "did you mean --batch?"),
        (
            ["evaluate", "t.csv", "--truth", "t", "--colour=3"],
            "mltui evaluate takes no option --colour",
            "mltui evaluate",
        ),
        (["version", "show", "v1", "v2"], "mltui version show takes no argument v2", "mltui version show --help"),
    ],
)
def test_a_word_too_many_is_named_with_what_was_meant(
    words: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    told, way_out = capsys.readouterr().err.strip().splitlines()
    assert (told, way_out.strip().startswith(hint)) == (f"mltui: {message}", True)
