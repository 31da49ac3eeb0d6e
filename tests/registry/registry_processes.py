"""Runs Python programs in processes of their own, all let go at the same moment."""

from __future__ import annotations

import subprocess
import sys
import textwrap

_HEAD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mltui.registry import Registry, events, meta
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
print("ready", flush=True)
sys.stdin.readline()
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """The program goes on when a line comes to its standard input; by then it has said `ready`."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HEAD + textwrap.dedent(program), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def run_at_once(program: str, *arguments: object, count: int) -> list[str]:
    """What each wrote to its standard output; fails when one fails."""
    processes = [start(program, *arguments) for _ in range(count)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=180) for process in processes]
    assert [process.returncode for process in processes] == [0] * count, "\n".join(error for _, error in answers)
    return [output for output, _ in answers]
