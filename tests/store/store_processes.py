"""Runs Python programs in processes of their own, all let go at the same moment."""

from __future__ import annotations

import subprocess
import sys
import textwrap

_HEAD = """
import sys
from pathlib import Path
from mltui.store import Store
print("ready", flush=True)
sys.stdin.readline()
"""


def run_at_once(program: str, *arguments: object, count: int) -> list[str]:
    """What each wrote to its standard output; fails when one fails."""
    command = [sys.executable, "-c", _HEAD + textwrap.dedent(program), *map(str, arguments)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(count)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        answers.append(process.communicate(timeout=60))
    assert [process.returncode for process in processes] == [0] * count, "\n".join(error for _, error in answers)
    return [output for output, _ in answers]
