"""One program, run to its end or for so long: what it is given, what comes back, and that nothing of it stays."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from mltui.engines.command import MOST_OUTPUT_BYTES, CommandEnd, run_command

ENV = {"PATH": "/usr/bin:/bin", "WORD": "ärger"}


def run(*argv: str, given: bytes = b"", seconds: float = 30) -> CommandEnd:
    return run_command(argv, given=given, env=ENV, seconds=seconds)


def ends(pid: int) -> bool:
    """Whether a process that was killed is gone soon."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_it_gets_its_words_as_they_are_its_stdin_and_no_other_environment() -> None:
    end = run("/bin/sh", "-c", 'cat; echo " $1"; env', "sh", "$(id) `id` ; *", given="täglich\n".encode() * 20_000)
    assert end.exit_code == 0
    assert "WORD=ärger" in end.output
    assert "$(id) `id` ; *" in end.output
    assert "HOME=" not in end.output
    assert len(end.output.encode()) <= MOST_OUTPUT_BYTES


def test_it_leads_a_session_without_a_terminal() -> None:
    end = run(sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid(), os.isatty(0), os.getcwd())")
    assert end == CommandEnd(0, "True False /")


def test_it_tells_how_the_program_ended() -> None:
    assert run("/bin/sh", "-c", "echo no >&2; exit 3") == CommandEnd(3, "no")
    assert run("/bin/sh", "-c", "kill -9 $$").exit_code == -9
    assert run("/not/there") == CommandEnd(None, "/not/there: No such file or directory")


def test_after_its_time_it_is_killed_with_all_that_it_started() -> None:
    began = time.monotonic()
    end = run("/bin/sh", "-c", "sleep 100 & echo $!; wait", seconds=0.5)
    assert time.monotonic() - began < 20
    assert (end.exit_code, end.is_killed) == (None, True)
    assert ends(int(end.output))


def test_what_it_leaves_behind_keeps_nobody_waiting() -> None:
    end = run("/bin/sh", "-c", "sleep 100 & echo $!")
    assert end.exit_code == 0
    assert ends(int(end.output))
    before = len(os.listdir("/proc/self/fd"))
    run("/bin/true")
    assert len(os.listdir("/proc/self/fd")) == before


def test_one_that_never_stops_talking_is_read_and_forgotten() -> None:
    end = run("/bin/sh", "-c", "yes", seconds=0.5)
    assert end.is_killed
    assert len(end.output) <= MOST_OUTPUT_BYTES
