"""`mltui` as a script calls it: a process of its own, its output, its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        assert set(found) == {"mltui", "command", "ok", "data", "error"}
        return found

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.envelope["data"]
        return found

    @property
    def error(self) -> dict[str, str]:
        found: dict[str, str] = self.envelope["error"]
        return found

    @property
    def events(self) -> list[dict[str, Any]]:
        """Of `--follow`, in their order."""
        return [json.loads(line)["event"] for line in self.out.splitlines()[:-1]]


def mltui(*words: str, directory: Path, workspace: Path | None = None) -> Said:
    place = () if workspace is None else ("--workspace", str(workspace))
    command = [sys.executable, "-m", "mltui", *place, *words]
    answer = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120)
    return Said(answer.returncode, answer.stdout, answer.stderr)
