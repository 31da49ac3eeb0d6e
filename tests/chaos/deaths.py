"""An act whose worker dies at every boundary of its jobs, each time in that very moment."""

from __future__ import annotations

import time
from collections.abc import Iterator

from chaos.acts import Act
from chaos.invariants import await_sound
from chaos.outcome import Row, jobs_since, of_jobs, of_load
from chaos.world import World
from stories.dying import die_everywhere
from stories.shells import kill_worker, no_worker, worker_pid
from stories.soundness import await_that

from mltui.domain.job import Job, JobKind
from mltui.registry.jobs import JOBS


def play_deaths(world: World, act: Act, *, spared: frozenset[str] = frozenset()) -> Row:
    """At each boundary but the `spared`. The client may give up: there is no worker for longer than it waits."""
    began, asked_at = time.monotonic(), world.workspace.now()
    if worker_pid(world.workspace) is not None:
        kill_worker(world.workspace)
    with no_worker(world.workspace):
        client = world.ask(*act.words)
        deaths = [death for kind in act.kinds for death in _deaths_of(world, kind, spared)]
    mended = time.monotonic()
    told = client.ending()
    settled = await_sound(world, mended)
    ended = jobs_since(world, asked_at)
    return Row(
        fault="worker at each boundary",
        act=act.name,
        where=f"{len(deaths)} deaths",
        again_seconds=world.load.silent_seconds(began),
        sound_seconds=settled.seconds,
        lost=world.load.lost_since(began),
        ending="; ".join([told, *(f"{job.kind} {job.subject} {job.state}" for job in ended)]),
        problems=(*settled.problems, *of_jobs(ended), *of_load(world, began)),
    )


def _deaths_of(world: World, kind: JobKind, spared: frozenset[str]) -> Iterator[str]:
    await_that(lambda: bool(_asked_for(world, kind)), what=f"a {kind} is asked for")
    return iter(die_everywhere(world.workspace, kind, _asked_for(world, kind)[0].subject, spared=spared))


def _asked_for(world: World, kind: JobKind) -> list[Job]:
    where = "WHERE kind = ? AND state IN ('queued', 'running') ORDER BY id DESC"
    return JOBS.all(world.workspace.registry.read(), where, [kind.value])
