"""All processes of a workspace die at once; what `worker install` laid down brings the same version back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stories.loans import bring_to_production
from stories.shells import no_worker, put_away, worker_pid, worker_pids
from stories.soundness import answer, assert_sound, await_that, history, is_in_line, pids_of

from mltui.engines.base import LABEL_WORKSPACE
from mltui.operations.acting.wake import stop_worker, wake_worker
from mltui.operations.workspaces.boot_texts import Boot, cron_lines, start_script
from mltui.processes import start_ticks
from mltui.workspace import Workspace

BACK_SECONDS = 60.0


@pytest.fixture
def serving(place: Path) -> Iterator[Workspace]:
    """A real worker watches production, where v2 is live and v1 warm."""
    workspace = Workspace.open(place / "workspace")
    with no_worker(workspace):
        bring_to_production(workspace, 1)
        bring_to_production(workspace, 2)
    wake_worker(workspace)
    await_that(lambda: worker_pids(workspace) == {worker_pid(workspace)}, what="one worker is there")
    yield workspace
    put_away(workspace)


@pytest.fixture
def at_boot(serving: Workspace, tmp_path: Path) -> str:
    """The command of the crontab's `@reboot` line, whose script lies where it says."""
    boot = Boot(serving.folder, serving.uuid, sys.executable, tmp_path / "config of ann")
    boot.script.parent.mkdir(parents=True)
    boot.script.write_text(start_script(boot, os.environ))
    return cron_lines(boot)[0].removeprefix("@reboot ")


def call_as_cron_does(command: str, home: Path) -> None:
    """With the environment that cron gives, by its shell, in a session of its own, without a terminal."""
    environment = {"HOME": str(home), "LOGNAME": "ann", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    called = subprocess.run(
        ["/bin/sh", "-c", command], cwd=home, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    assert called.returncode == 0


def kill_all(workspace: Workspace) -> None:
    """Worker, shims, servers and gateways, without order."""
    pids = [*worker_pids(workspace), *_session_pids(workspace)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    await_that(lambda: not any(start_ticks(pid) for pid in pids), what="nothing runs any more")


def _session_pids(workspace: Workspace) -> list[int]:
    names = [each.name for each in workspace.engine("process").list({LABEL_WORKSPACE: workspace.uuid})]
    prefix = workspace.container_name("")
    return [pid for name in names for pid in pids_of(workspace, name.removeprefix(prefix))]


def test_after_a_restart_of_the_machine_the_same_version_answers_within_a_minute(
    serving: Workspace, at_boot: str, tmp_path: Path
) -> None:
    await_that(lambda: is_in_line(serving, "production"), what="all is as it should be")
    first = worker_pid(serving)
    kill_all(serving)
    assert answer(serving) != "v2"

    began = time.monotonic()
    call_as_cron_does(at_boot, tmp_path)
    await_that(lambda: answer(serving) == "v2", what="v2 answers again", seconds=BACK_SECONDS)
    print(f"back after {time.monotonic() - began:.1f} s")
    await_that(lambda: is_in_line(serving, "production"), what="the gateway has the registry's weights")
    second = worker_pid(serving)
    assert second not in (None, first)

    for _ in range(2):
        call_as_cron_does(at_boot, tmp_path)
    await_that(lambda: worker_pids(serving) == {second}, what="the one worker stays")
    assert [event.kind for event in history(serving)].count("WorkerStarted") == 2
    assert stop_worker(serving)
    assert_sound(serving)
