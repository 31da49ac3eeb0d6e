"""One process of the command line, as a person's shell starts it; it may be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

COMMAND_SECONDS = 150.0


class Client:
    def __init__(self, project: Path, workspace: Path, words: Sequence[str]) -> None:
        command = [sys.executable, "-m", "mltui", "--batch", "--workspace", str(workspace), *words]
        self._process = subprocess.Popen(
            command,
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._is_killed = False

    @property
    def is_there(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._is_killed = self.is_there
        if self._is_killed:
            os.killpg(self._process.pid, signal.SIGKILL)

    def ending(self) -> str:
        """`done`, `killed`, or exit code, error code and message."""
        try:
            out, _ = self._process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            return f"hung for {COMMAND_SECONDS:.0f} s"
        if self._is_killed:
            return "killed"
        if self._process.returncode == 0:
            return "done"
        error = json.loads(out.splitlines()[-1])["error"] if out.strip() else {"code": "silent", "message": ""}
        return f"{self._process.returncode} {error['code']}: {error['message']}"
