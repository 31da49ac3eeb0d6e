"""Outputs that end, fill up or lack letters; arguments that are no text; somebody who presses Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git
from registry.registry_values import add_version
from stories.loans import hold_worker_lock

from mltui.operations.runs.train import request_run
from mltui.operations.versions.note import add_note
from mltui.operations.workspaces.initialise import init_workspace
from mltui.workspace import Workspace

MLTUI = [sys.executable, "-m", "mltui"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return under_git(lay_down(tmp_path / "project"))


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    """A run waits for a worker that never comes; the history is longer than a pipe holds."""
    made = init_workspace(project, engine="process")
    hold_worker_lock(made)
    request_run(made, project)
    with made.registry.write() as tx:
        add_version(tx, run_id=1)
    add_note(made, "v1", "müde ✗ " + "x" * 200_000)
    yield made
    made.close()


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, **more}


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("batch", [[], ["--batch"]])
def test_a_reader_that_has_enough_is_no_failure(project: Path, batch: list[str]) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*MLTUI, *batch, "version", "show", "v1"], cwd=project, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, b"")


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("batch", [[], ["--batch"]])
def test_an_answer_that_cannot_be_written_is_a_failure(project: Path, batch: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [*MLTUI, *batch, "status"], cwd=project, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert answer.returncode == 1
    assert "could not be written" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.usefixtures("workspace")
def test_letters_that_the_terminal_lacks_are_escaped(project: Path) -> None:
    answer = subprocess.run(
        [*MLTUI, "version", "show", "v1"],
        cwd=project,
        capture_output=True,
        timeout=60,
        env=environment(PYTHONIOENCODING="ascii"),
    )
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert rb"m\xfcde \u2717" in answer.stdout


@pytest.mark.usefixtures("workspace")
def test_arguments_that_are_no_text_are_refused(project: Path) -> None:
    answer = subprocess.run(
        [*MLTUI, "--batch", "version", "note", "v1", b"caf\xe9"], cwd=project, capture_output=True, timeout=60
    )
    assert answer.returncode == 2
    assert json.loads(answer.stdout)["error"]["code"] == "usage"


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    script = f"cd {tmp_path / 'gone'} && rmdir ../gone && {sys.executable} -m mltui --batch status"
    answer = subprocess.run(["sh", "-c", script], capture_output=True, timeout=60)
    assert (answer.returncode, answer.stderr) == (3, b"")


@pytest.mark.usefixtures("workspace")
def test_a_list_ends_somewhere(project: Path) -> None:
    words = [*MLTUI, "--batch", "run", "list", "--limit", "9" * 30]
    assert subprocess.run(words, cwd=project, capture_output=True, timeout=60).returncode == 2


SLOW_BACKUP = """
import sys, time
from pathlib import Path
from mltui.cli.ending import ended_in_order
from mltui.operations.workspaces.backup import make_backup
from mltui.workspace import Workspace

def tell(done, total):
    print("under way", flush=True)
    time.sleep(60)

with ended_in_order():
    make_backup(Workspace.open(Path(sys.argv[1])), Path(sys.argv[2]), on_progress=tell)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_backup_that_is_told_to_end_leaves_nothing_behind(
    workspace: Workspace, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "safe").mkdir()
    words = [sys.executable, "-c", SLOW_BACKUP, str(workspace.folder), str(tmp_path / "safe" / "saved.tar")]
    saving = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    assert saving.stdout is not None
    assert saving.stdout.readline() == "under way\n"
    assert len(list((tmp_path / "safe").iterdir())) == 2
    saving.send_signal(number)
    _, complaint = saving.communicate(timeout=60)
    assert complaint.endswith("KeyboardInterrupt\n")
    assert list((tmp_path / "safe").iterdir()) == []


@pytest.mark.usefixtures("workspace")
def test_who_presses_ctrl_c_gets_130_and_the_work_goes_on(project: Path, workspace: Workspace) -> None:
    following = subprocess.Popen(
        [*MLTUI, "--batch", "train", "--follow"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background inherit a deaf ear
    )
    assert following.stdout is not None
    assert json.loads(following.stdout.readline())["event"]["kind"] == "RunRequested"
    following.send_signal(signal.SIGINT)
    said, complaint = following.communicate(timeout=60)
    assert (following.returncode, complaint) == (130, "")
    assert json.loads(said.splitlines()[-1])["error"]["code"] == "interrupted"
