"""Workers that die in the middle of a job as by `kill -9`, each a process of its own."""

from __future__ import annotations

import multiprocessing
import operator
import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from mltui.domain.job import Job, JobKind
from mltui.registry import jobs
from mltui.worker.loop import carry
from mltui.workspace import Workspace

CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["mltui.worker.loop", "mltui.engines.process", "mltui.store"])
CARRY_SECONDS = 120.0

ALL_DEATHS = os.environ.get("MLTUI_CRASHES") == "all"
SAMPLE = 2

Deadly = Callable[[str], bool]


def some(boundaries: Sequence[str], *, seed: int) -> list[str]:
    """All of them with MLTUI_CRASHES=all, else a few, the same ones each time."""
    return list(boundaries) if ALL_DEATHS else random.Random(seed).sample(boundaries, SAMPLE)


@dataclass(frozen=True)
class Carried:
    """How far one child came with a job."""

    boundaries: tuple[str, ...]
    """As they were reported; where the child died, the last one."""
    is_dead: bool


def carry_in_child(workspace: Workspace, kind: JobKind, subject: str, *, is_deadly: Deadly) -> Carried:
    """A process of its own carries the job; at the first boundary that is deadly it kills itself."""
    job = newest_job(workspace, kind, subject)
    reading, writing = CHILDREN.Pipe(duplex=False)
    child = CHILDREN.Process(target=_carry, args=(workspace.folder, job.id, is_deadly, writing))
    child.start()
    writing.close()
    boundaries = _received(reading)
    child.join(CARRY_SECONDS)
    assert child.exitcode in (0, -signal.SIGKILL), f"the child ended with {child.exitcode} after {boundaries}"
    return Carried(tuple(boundaries), is_dead=child.exitcode != 0)


def die_everywhere(
    workspace: Workspace,
    kind: JobKind,
    subject: str,
    *,
    after_death: Callable[[str], None] = lambda boundary: None,
    spared: frozenset[str] = frozenset(),
) -> list[str]:
    """Carries the job to its end or rest, with one death at each boundary that is reported on the way but the `spared`;
    their names."""
    deaths: list[str] = []
    while True:
        carried = carry_in_child(workspace, kind, subject, is_deadly=partial(_is_new, spared.union(deaths)))
        if not carried.is_dead:
            return deaths
        deaths.append(carried.boundaries[-1])
        after_death(deaths[-1])


def die_at(workspace: Workspace, kind: JobKind, subject: str, boundary: str) -> None:
    """One child dies at that boundary, and nobody takes the job up."""
    carried = carry_in_child(workspace, kind, subject, is_deadly=partial(operator.eq, boundary))
    assert carried.is_dead, f"{boundary} was not reported; there were {carried.boundaries}"


def go_on(workspace: Workspace, kind: JobKind, subject: str) -> Job:
    """Another child carries the job to its end or rest."""
    carry_in_child(workspace, kind, subject, is_deadly=_never)
    return newest_job(workspace, kind, subject)


def newest_job(workspace: Workspace, kind: JobKind, subject: str) -> Job:
    job = jobs.of_subject(workspace.registry.read(), kind=kind, subject=subject)
    assert job is not None
    return job


def _carry(folder: Path, job_id: int, is_deadly: Deadly, mark: Connection) -> None:
    workspace = Workspace.open(folder)
    job = jobs.find(workspace.registry.read(), job_id)
    assert job is not None

    def on_boundary(name: str) -> None:
        mark.send(name)
        if is_deadly(name):
            os.kill(os.getpid(), signal.SIGKILL)

    carry(workspace, job, on_boundary=on_boundary, is_stopping=lambda: False)


def _received(reading: Connection) -> list[str]:
    names: list[str] = []
    with reading:
        while True:
            try:
                names.append(reading.recv())
            except EOFError:
                return names


def _is_new(seen: frozenset[str], boundary: str) -> bool:
    return boundary not in seen


def _never(boundary: str) -> bool:
    return False
