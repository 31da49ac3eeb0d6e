"""Two people of one group: one starts, the other approves and rolls back; a third may look at everything."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from stories.people import Person, engine_groups, give_to, people
from stories.pictures import make_picture_project
from stories.shells import kill_worker, put_away, worker_pid
from stories.soundness import await_that, history
from tui.pty_log import RawTerminal, raw_terminal

from mltui.operations.workspaces.audit import verify_history
from mltui.workspace import Workspace

POLICY = """
engine = "{engine}"

[operators]
ann = {{ login = "{ann}", emails = ["operator@example.org"] }}
bob = {{ login = "{bob}", emails = ["bob@example.org"] }}

[environments.production]
bake_seconds = 0.2
smoke_every_seconds = 3600
latency_limit_ms = 5000
skip = ["profile"]
gate = {{ approvers = ["ann", "bob"], required = 1, self_approval = false }}
checks = [{{ metric = "accuracy", floor = 0.9 }}]
"""

BOTH_ENGINES = pytest.mark.parametrize("engine", ["process", pytest.param("docker", marks=pytest.mark.docker)])


@dataclass(frozen=True, slots=True)
class Office:
    ann: Person
    bob: Person
    carol: Person
    project: Path
    workspace: Workspace
    """As root sees it, who takes no part."""

    def mltui(self, person: Person, *words: str, exit_code: int = 0) -> Any:
        directory = self.project if person is self.ann else None
        return person.mltui("--workspace", str(self.workspace.folder), *words, directory=directory, exit_code=exit_code)


@pytest.fixture
def office(engine: str) -> Iterator[Office]:
    before = os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="mltui-office-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with people(folder, "ann", "bob", "carol", others=engine_groups(engine)) as (ann, bob, carol):
            place = folder / "shared"
            place.mkdir()
            place.chmod(0o2775)
            project = make_picture_project(folder / "project")
            give_to(project, ann.login, ann.group)
            give_to(place, ann.login, ann.group)
            words = ("init", "--engine", engine, "--group", ann.group, "--workspace", str(place / "noise"))
            ann.mltui(*words, directory=project)
            (place / "noise" / "policy.toml").write_text(POLICY.format(engine=engine, ann=ann.login, bob=bob.login))
            workspace = Workspace.open(place / "noise")
            try:
                yield Office(ann, bob, carol, project, workspace)
            finally:
                put_away(workspace)
    os.umask(before)


@BOTH_ENGINES
def test_one_starts_and_another_approves_and_rolls_back(office: Office) -> None:
    for number in (1, 2):
        ran = office.mltui(office.ann, "train", "--set", f"train.slope={number}", "--follow")
        assert ran["release"]["state"] == "waiting_approval"
        _assert_not_hers(office, f"v{number}")
        office.mltui(office.bob, "approve", f"v{number}", "--follow")
        assert _which(office) == f"v{number}"
    _assert_owner(office, office.ann)
    back = office.mltui(office.bob, "rollback", "--reason", "it is wrong")
    assert back["restored"]["version"] == "v1"
    kill_worker(office.workspace)
    office.mltui(office.bob, "rollback", "--undo", "--reason", "it was right")
    assert _which(office) == "v2"
    _assert_owner(office, office.bob)
    _assert_by(office, {"VersionApproved": office.bob, "RollbackRequested": office.bob, "RunRequested": office.ann})
    verify_history(office.workspace)


@pytest.mark.parametrize("engine", ["process"])
def test_who_is_no_operator_may_only_look(office: Office) -> None:
    """In `--batch` and at the screen."""
    office.mltui(office.ann, "train", "--follow")
    refused = office.mltui(office.carol, "approve", "v1", exit_code=4)
    assert "belongs to no operator" in refused["message"]
    with _console(office, office.carol) as terminal:
        terminal.await_text("v1 to production", "may not decide")
        terminal.press("4")
        terminal.await_text("r1")
        terminal.press("a")
        terminal.await_text("belongs to no operator in the policy")
    with _console(office, office.bob) as terminal:
        shown = terminal.await_text("v1 to production")
        assert "may not decide" not in shown


def _which(office: Office) -> str:
    found = office.mltui(office.carol, "which", "production")
    return str(found["version"])


def _assert_not_hers(office: Office, version: str) -> None:
    """Who asked for a run does not approve it."""
    refused = office.mltui(office.ann, "approve", version, exit_code=4)
    assert "ann" in refused["message"]


def _assert_owner(office: Office, person: Person) -> None:
    await_that(lambda: worker_pid(office.workspace) is not None, what="a worker is there")
    assert Path(f"/proc/{worker_pid(office.workspace)}").owner() == person.login


def _assert_by(office: Office, wanted: dict[str, Person]) -> None:
    for kind, person in wanted.items():
        told = {event.actor for event in history(office.workspace) if event.kind == kind}
        assert told == {person.login}, kind


@contextmanager
def _console(office: Office, person: Person) -> Iterator[RawTerminal]:
    command = person.as_command("--workspace", str(office.workspace.folder))
    with raw_terminal(command, directory=person.home, size=(120, 40), env=person.environment) as terminal:
        yield terminal
