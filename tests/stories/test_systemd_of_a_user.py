"""`worker install` at a real systemd of a user, in a mount namespace of its own; nothing of the machine changes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from operations.gates import at_gate, write_policy
from operations.small_project import lay_down, under_git
from stories.shells import no_worker, put_away, worker_pid
from stories.soundness import await_that

from mltui.operations.workspaces.initialise import init_workspace
from mltui.workspace import Workspace

SYSTEMD = "/lib/systemd/systemd"
BOOTED = "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && echo booted && exec sleep 600"


@dataclass
class Manager:
    """systemd of a user, which believes that systemd has booted the machine."""

    inside: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        quiet = subprocess.DEVNULL
        command = [*self.inside, SYSTEMD, "--user"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=quiet, stderr=quiet)

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [*self.inside, *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)

    def mltui(self, *words: str) -> str:
        done = self.run(sys.executable, "-P", "-m", "mltui", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def is_up(self) -> bool:
        return self.run("systemctl", "--user", "is-system-running").returncode == 0


@pytest.fixture
def manager() -> Iterator[Manager]:
    """Short paths: a socket's name has at most 107 bytes."""
    if os.geteuid() != 0 or not all(map(shutil.which, (SYSTEMD, "systemctl", "unshare", "nsenter"))):
        pytest.skip("no systemd can be run for a user here")
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", BOOTED]
    with (
        tempfile.TemporaryDirectory(prefix="mltui-systemd-") as home,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as namespace,
    ):
        if namespace.stdout is None or namespace.stdout.readline() != b"booted\n":
            pytest.skip("no mount namespace can be made here")
        runtime = Path(home) / "run"
        runtime.mkdir(mode=0o700)
        environment = {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": str(runtime), "LANG": "C.UTF-8"}
        made = Manager(["nsenter", f"--target={namespace.pid}", "--mount"], environment)
        made.start()
        try:
            await_that(
                lambda: made.is_up or (made.process is not None and made.process.poll() is not None),
                what="it is up, or has ended",
            )
            if not made.is_up:
                pytest.skip("no systemd can be run for a user here")
            yield made
        finally:
            made.end()
            namespace.kill()


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Workspace]:
    """A decision waits, so that a worker has to be there."""
    made = init_workspace(under_git(lay_down(tmp_path / "project")), folder=tmp_path / "workspace", engine="process")
    with no_worker(made):
        write_policy(made)
        at_gate(made)
    yield made
    put_away(made)


def test_a_timer_brings_the_worker_at_once_and_after_a_restart_until_it_is_taken_away(
    manager: Manager, waiting: Workspace
) -> None:
    manager.environment["MLTUI_WORKSPACE"] = str(waiting.folder)
    assert "systemd starts the worker from now on" in manager.mltui("worker", "install")
    units = Path(manager.environment["HOME"]) / ".config" / "systemd" / "user"
    assert {path.suffix for path in units.glob("mltui-worker-*")} == {".service", ".timer"}
    await_that(lambda: worker_pid(waiting) is not None, what="the timer has started a worker")
    assert "with the machine it is started by systemd of" in manager.mltui("worker", "status")

    first = worker_pid(waiting)
    assert first is not None
    manager.end()
    assert worker_pid(waiting) == first
    os.kill(first, signal.SIGKILL)
    await_that(lambda: worker_pid(waiting) is None, what="the machine is down")
    manager.start()
    await_that(lambda: worker_pid(waiting) not in (None, first), what="it starts with the manager")

    manager.mltui("worker", "uninstall")
    assert "mltui-worker" not in manager.run("systemctl", "--user", "list-timers", "--all").stdout
    assert list(units.glob("mltui-worker-*")) == []
