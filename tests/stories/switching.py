"""Real commands against a workspace under load, and the judgement on what the callers saw."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOAD = Path(__file__).with_name("load.py")
COMMAND_SECONDS = 120
LOAD_SECONDS = 280
LEAST_PER_SECOND = 60
"""Requests, on a machine that others use as well."""
NEAR_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ran:
    """One process of the command line. Times are monotonic seconds."""

    started: float
    returned: float
    data: Any


@dataclass(frozen=True, slots=True)
class Mltui:
    """The command line of one workspace, each call in a process of its own."""

    project: Path
    workspace: Path

    def __call__(self, *words: str, exit_code: int = 0) -> Ran:
        command = [sys.executable, "-m", "mltui", "--batch", "--workspace", str(self.workspace), *words]
        started = time.monotonic()
        done = subprocess.run(command, cwd=self.project, capture_output=True, text=True, timeout=COMMAND_SECONDS)
        returned = time.monotonic()
        assert done.returncode == exit_code, (words, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return Ran(started, returned, json.loads(done.stdout.splitlines()[-1])["data"])


@dataclass(frozen=True, slots=True)
class Answer:
    sent: float
    ended: float
    status: int
    version: str

    @property
    def seconds(self) -> float:
        return self.ended - self.sent


@dataclass(frozen=True, slots=True)
class Switch:
    """One act that moves the traffic from one version to another, as its callers saw it."""

    name: str
    ran: Ran
    old: str
    new: str
    slowness: float
    """As it was just before."""

    def first_new(self, answers: Sequence[Answer]) -> float:
        return min(each.ended for each in answers if each.version == self.new and each.sent >= self.ran.started)

    def last_old(self, answers: Sequence[Answer], *, until: float) -> float:
        """When the last answer of the old version was there, of what was sent before `until`."""
        return max(each.ended for each in answers if each.version == self.old and each.sent < until)

    def near(self, answers: Sequence[Answer]) -> int:
        moment = self.first_new(answers)
        return sum(abs(each.ended - moment) <= NEAR_SECONDS for each in answers)


@dataclass(slots=True)
class Load:
    """What 16 callers are asked and saw; `answers` is filled when it is over."""

    answers: list[Answer] = field(default_factory=list)

    @property
    def lost(self) -> list[Answer]:
        return [each for each in self.answers if each.status != 200]

    @property
    def slowest_seconds(self) -> float:
        return max(each.seconds for each in self.answers)


@dataclass(frozen=True, slots=True)
class Story:
    load: Load
    switches: tuple[Switch, ...]

    def seconds_to_last_old(self, switch: Switch) -> float:
        """From the start of the command's process to the last answer of the version that it left."""
        later = [each.ran.started for each in self.switches if each.ran.started > switch.ran.started]
        answers = self.load.answers
        return switch.last_old(answers, until=min(later, default=answers[-1].ended)) - switch.ran.started

    def figures(self) -> str:
        """For a person who reads along."""
        answers = self.load.answers
        seconds = answers[-1].ended - answers[0].sent
        slowest = self.load.slowest_seconds
        lines = [f"{len(answers)} requests in {seconds:.1f} s, {len(self.load.lost)} lost, slowest {slowest:.3f} s"]
        for each in self.switches:
            lines.append(
                f"{each.name}: command {each.ran.returned - each.ran.started:.2f} s,"
                f" last old answer after {self.seconds_to_last_old(each):.2f} s,"
                f" {each.near(answers)} answers near it, a process took {each.slowness:.1f} × its time"
            )
        return "\n".join(lines)


@contextmanager
def load_on(endpoint: str, picture: bytes, *, folder: Path, requests: int) -> Iterator[Load]:
    """Eight kept and eight new connections, from two processes, until the block is over and `requests` are made."""
    (folder / "picture").write_bytes(picture)
    outs = {kind: folder / f"{kind}.answers" for kind in ("kept", "new")}
    longest_seconds = max(LOAD_SECONDS, requests // LEAST_PER_SECOND)
    command = [sys.executable, str(LOAD), endpoint, str(folder / "picture")]
    callers = [
        subprocess.Popen([*command, str(out), kind, str(longest_seconds)], stdin=subprocess.PIPE)
        for kind, out in outs.items()
    ]
    load, share = Load(), requests // len(outs)
    try:
        yield load
        for caller in callers:
            caller.communicate(f"{share}\n".encode(), timeout=longest_seconds + 20)
    finally:
        for caller in callers:
            caller.kill()
            caller.wait()
            if caller.stdin is not None:
                caller.stdin.close()
    load.answers = sorted(_read(outs.values()), key=lambda each: each.sent)


def _read(outs: Any) -> Iterator[Answer]:
    for out in outs:
        for line in out.read_text().splitlines():
            sent, ended, status, version = line.split(" ")
            yield Answer(float(sent), float(ended), int(status), version)


def slowness() -> float:
    """How much longer than its processor time a process takes now: about 1 on a machine that has nothing else to do."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for _ in range(3):
        subprocess.run([sys.executable, "-c", "import argparse, dataclasses, json, sqlite3"], check=True)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return max(1.0, seconds / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))


def wrong_versions(answers: Sequence[Answer], switches: Sequence[Switch]) -> list[Answer]:
    """Answers of another version than the one that the last finished act promised, or of neither while one ran."""
    wrong = []
    for each in answers:
        ended = [switch for switch in switches if switch.ran.returned <= each.sent]
        running = [switch for switch in switches if switch.ran.started < each.ended and switch.ran.returned > each.sent]
        allowed = {ended[-1].new if ended else switches[0].old} | {
            version for switch in running for version in (switch.old, switch.new)
        }
        if each.status == 200 and each.version not in allowed:
            wrong.append(each)
    return wrong
