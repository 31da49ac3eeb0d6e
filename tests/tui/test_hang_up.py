"""A terminal that goes away without a word."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from mltui.tui.hang_up import ENDED_BY_HANG_UP
from tui.scene_once import copy_of_scene

IGNORES_HANG_UP = (
    "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.mark.parametrize("words", [("--workspace", "mltui/tacos"), ()], ids=["console", "choice of workspaces"])
def test_it_ends_with_its_terminal_although_it_hears_no_signal(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, words: Sequence[str]
) -> None:
    copy_of_scene(tmp_path_factory, tmp_path / "mltui")
    master, process = _open(tmp_path, words)
    try:
        _await(master, b"Quit")
        os.close(master)
        assert process.wait(20) == ENDED_BY_HANG_UP
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _open(folder: Path, words: Sequence[str]) -> tuple[int, subprocess.Popen[bytes]]:
    """In a place without a project, from which one workspace is known."""
    master, slave = pty.openpty()
    command = [sys.executable, "-c", IGNORES_HANG_UP, sys.executable, "-m", "mltui", *words]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", "XDG_STATE_HOME": str(folder)}
    process = subprocess.Popen(
        command, cwd=folder, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=env
    )
    os.close(slave)
    return master, process


def _await(master: int, shown: bytes) -> None:
    seen, until = b"", time.monotonic() + 60
    while shown not in seen:
        assert time.monotonic() < until, seen
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536)
