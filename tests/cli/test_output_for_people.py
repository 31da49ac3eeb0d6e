"""What people read: every command once, over a workspace in which a good deal has happened."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from stories.loans import bring_to_gate, bring_to_production, commit, end, hold_worker_lock, made_once

from mltui.cli.grammar import READ
from mltui.cli.main import run
from mltui.operations.runs.resume import cancel_run
from mltui.operations.runs.train import request_run
from mltui.operations.versions.note import add_note
from mltui.registry import data_versions
from mltui.workspace import Workspace

READING = {
    "status": "status",
    "which": "which production",
    "run list": "run list --state succeeded",
    "run show": "run show 1",
    "run logs": "run logs 1 --step train",
    "version list": "version list",
    "version show": "version show v1",
    "version compare": "version compare v2",
    "version bias": "version bias v2 --by sex",
    "version rows": "version rows v2 --group sex=female --mistakes --fields",
    "version thresholds": "version thresholds v2 --at 0.62 --by sex",
    "version trend": "version trend --by sex --metric recall",
    "report": "report v2 --out NEW",
    "release list": "release list --limit 5",
    "release show": "release show v2",
    "env list": "env list",
    "env show": "env show production",
    "data list": "data list",
    "data show": "data show DATA",
    "audit list": "audit list --limit 1000",
    "audit verify": "audit verify",
    "audit export": "audit export NEW",
    "evaluate": "evaluate applications.csv --truth approved --prediction approved --by sex",
    "policy check": "policy check",
    "notify list": "notify list",
    "notify log": "notify log",
    "doctor": "doctor",
}
AT, LATER = "2020-01-01T00:00", "2099-01-01T00:00"
MORE = [
    "run show latest", "run logs latest", "run list --state failed", "run list --state queued", "release show latest",
    f"which --at {AT}", f"env list --at {AT}", f"env show --at {AT}", "env show staging", f"audit list --at {AT}",
    "audit list --subject v1", "worker status", "run list --match operator", "audit list --match runrequested",
    "version list --match operator --sort log_loss", "env list --match production --limit 1", "data list --match data@",
    f"which --at {LATER}", f"version list --at {LATER}", f"version show v1 --at {LATER}", f"release list --at {LATER}",
    f"release show v2 --at {LATER}", f"env show production --at {LATER}", "release list --match '!staging'",
    "version compare v1 v2", "version compare latest latest", "report latest --md",
    "version thresholds v1 --apart female=0.3",
]  # fmt: skip
PYTHON = re.compile(
    r"Traceback|object at 0x|\bNone\b|datetime|<function|State\.|mappingproxy|frozenset|dict_|[{]'|\('|\['|\\n|, \)"
)
"""What a person should never see: values as Python writes them."""


@pytest.fixture(scope="session")
def lived_in(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """v1 is in production, v2 waits for a decision, run 3 waits to be carried; nothing runs any more."""
    return made_once(tmp_path_factory, "lived-in", lambda place: _live_in(trained, place))


def _live_in(trained: Path, place: Path) -> None:
    shutil.copytree(trained, place, symlinks=True, ignore=shutil.ignore_patterns("made"))
    workspace = Workspace.open(place / "workspace")
    hold_worker_lock(workspace)
    bring_to_production(workspace, 1)
    bring_to_gate(workspace, 2)
    add_note(workspace, "v1", "worse at \x1b[31mnight\x1b[0m \u202eolleh")
    (place / "project" / "notes.txt").write_text("x")
    commit(place / "project", "A subject with \x1b]0;a title\x07 and “quotes”")
    request_run(workspace, place / "project")
    end(workspace)
    workspace.close()


@pytest.fixture
def here(lived_in: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(lived_in / "project")
    monkeypatch.setenv("MLTUI_WORKSPACE", str(lived_in / "workspace"))
    return lived_in


@pytest.fixture
def own(lived_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A copy to change; what is asked for waits, because no worker comes."""
    shutil.copytree(lived_in, tmp_path / "place", symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    monkeypatch.chdir(tmp_path / "place" / "project")
    monkeypatch.setenv("MLTUI_WORKSPACE", str(tmp_path / "place" / "workspace"))
    workspace = Workspace.open(tmp_path / "place" / "workspace")
    hold_worker_lock(workspace)
    yield workspace
    workspace.close()


def words(line: str, place: Path) -> list[str]:
    workspace = Workspace.open(place / "workspace")
    (data,) = data_versions.list_data(workspace.registry.read(), 1)
    workspace.close()
    return shlex.split(line.replace("DATA", f"data@{data.digest[:7]}").replace("NEW", str(place / f"{uuid4()}.jsonl")))


def said(line: str, capsys: pytest.CaptureFixture[str], *, code: int = 0) -> str:
    """What a person reads; on stdout where it went well, else on stderr with a hint."""
    assert run(shlex.split(line)) == code
    printed = capsys.readouterr()
    text = printed.out if code == 0 else printed.err
    assert (printed.err if code == 0 else printed.out) == ""
    assert text.strip()
    assert PYTHON.search(text) is None, text
    return text


def test_every_command_that_reads_is_tried_here() -> None:
    assert set(READING) == {command.name for command in READ.commands}


@pytest.mark.parametrize("line", [*READING.values(), *MORE])
def test_a_person_can_read_it(here: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words(line, here)) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.strip()
    assert PYTHON.search(printed.out) is None, printed.out
    assert not set(printed.out) & set("\x1b\x07\u202e")


@pytest.mark.parametrize("line", [*READING.values(), *MORE])
def test_a_script_gets_the_same_as_json(here: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--batch", *words(line, here)]) == 0
    (printed,) = capsys.readouterr().out.splitlines()
    found = json.loads(printed)
    assert found["ok"]
    assert found["data"]


def test_every_event_fills_its_sentence(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said("audit list --limit 1000", capsys).splitlines()
    assert len(lines) > 50
    assert [line for line in lines if "?" in line] == []


def test_status_tells_what_waits_and_what_to_do_about_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said("status", capsys)
    assert "v1 in production" in text
    assert re.search(r"r2 of v2 waits for a decision .* mltui release show r2", text)


def test_a_release_shows_what_to_type_next(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said("release show v2", capsys)
    evidence = re.search(r"mltui approve v2 --evidence ([0-9a-f]{64})$", text, re.MULTILINE)
    assert evidence is not None
    assert f"evidence {evidence[1]}" in text


def test_a_release_that_nobody_can_approve_any_more_shows_what_to_type_instead(
    own: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = own.folder / "policy.toml"
    policy.write_text(policy.read_text("utf-8").replace("floor = 0.6", "floor = 0.5"), "utf-8")
    text = said("release show v2", capsys)
    assert "nobody can approve it: the environment's gate changed" in text
    assert "mltui release open v2" in text
    assert "mltui approve" not in text
    assert "r3 of v2 opened" in said("release open v2", capsys)
    assert "superseded by r3" in said("release show r2", capsys)


def test_a_list_shows_what_matches_and_nothing_else(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [line.split()[0] for line in said("version list --match v2", capsys).splitlines()[1:]] == ["v2"]
    assert [line.split()[0] for line in said("run list --match '!succeeded'", capsys).splitlines()[1:]] == ["3"]
    assert len(said("env list --match 8501nowhere", capsys).splitlines()) == 1
    assert "no event matches" in said("audit list --match nowhere", capsys)
    assert "“prettiness” is no metric" in said("version list --sort prettiness", capsys, code=2)


def test_each_decision_is_told_in_a_line(own: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--comment" in said("reject v2", capsys, code=2)
    assert "the evidence given" in said("approve v2 --evidence 1234", capsys, code=4)
    assert "no inconclusive check" in said("approve v2 --acknowledge nothing", capsys, code=4)
    assert "v2 approved by operator" in said("approve v2 --comment better", capsys)
    assert "waits for no decision" in said("reject v2 --comment late", capsys, code=4)


def test_each_act_is_told_in_a_line(own: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert "r2 is being ended" in said("release cancel r2", capsys)
    assert "r3 of v2 opened" in said("release open v2", capsys)
    assert "under way" in said("release open v2", capsys, code=7)
    assert "v1 is live" in said("release open v1", capsys, code=4)
    assert "noted on v1" in said('version note v1 "keep it"', capsys)
    assert "is there already" in said("train", capsys)
    assert "run 4" in said("train --set train.seed=9", capsys)
    assert "run 4 is being ended" in said("run cancel", capsys)
    assert "nothing to go back to" in said("rollback", capsys, code=4)
    made = said(f"--workspace {own.folder.parent / 'another'} init --engine process", capsys)
    assert "next: mltui train" in made
    assert "installed" in said("hook install", capsys)
    assert "removed" in said("hook remove", capsys)
    assert "no worker" in said("worker stop", capsys, code=4)
    cancel_run(own, "3")
    assert "is succeeded" in said("run resume 1", capsys, code=4)
    assert "it has: prepare, train" in said("run logs 1 --step fly", capsys, code=3)
