"""Rounds: an act, a fault at one moment of it, and what came of both."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from chaos.acts import Act, Moment, next_act, possible_acts
from chaos.client import Client
from chaos.deaths import play_deaths
from chaos.deck import Deck
from chaos.faults import Fault
from chaos.invariants import await_sound
from chaos.outcome import Row, jobs_since, of_client, of_jobs, of_load
from chaos.world import World

LATER_SECONDS = 0.4
MOMENT_SECONDS = 60.0


def play(
    world: World,
    cards: Sequence[Fault | None],
    *,
    seed: int,
    models: int,
    lasting_seconds: float,
    deaths: int | None = None,
) -> Iterator[Row]:
    """Rounds without end, each card once before one comes again; None has the worker die at each boundary of the
    journal, or at so many of them.
    """
    rng = random.Random(seed)
    faults, moments = Deck(cards, rng), dict[str, Deck[Moment]]()
    turn, before = 0, "train"
    while True:
        turn += 1
        act = next_act(possible_acts(world, turn=turn, models=models, rng=rng), before)
        before = act.name
        fault = faults.draw()
        if fault is None:
            yield play_deaths(world, act, spared=_spared(act, deaths, rng))
            continue
        moment = moments.setdefault(act.name, Deck(act.moments, rng)).draw()
        later = rng.choice((0.0, rng.uniform(0, LATER_SECONDS)))
        yield play_one(world, act, fault, moment, later=later, lasting_seconds=lasting_seconds)


def _spared(act: Act, deaths: int | None, rng: random.Random) -> frozenset[str]:
    stages = [moment.stage for moment in act.moments]
    return frozenset() if deaths is None else frozenset(rng.sample(stages, max(0, len(stages) - deaths)))


def play_one(world: World, act: Act, fault: Fault, moment: Moment, *, later: float, lasting_seconds: float) -> Row:
    began, asked_at = time.monotonic(), world.workspace.now()
    client = world.ask(*act.words)
    is_there = _await_moment(world, client, moment, asked_at)
    time.sleep(later)
    struck = time.monotonic()
    with fault.inflict(world, client) as killed:
        time.sleep(lasting_seconds if fault.lasts else 0)
    mended = time.monotonic()
    told = client.ending()
    settled = await_sound(world, mended)
    ended = jobs_since(world, asked_at)
    problems = [*settled.problems]
    problems += [] if fault.may_fail else [*of_client(fault, told), *of_jobs(ended)]
    problems += [] if fault.may_lose else of_load(world, began, killed=killed)
    return Row(
        fault=fault.name,
        act=act.name,
        where=f"{moment.stage if is_there else 'after its end'} + {later:.2f} s",
        again_seconds=world.load.silent_seconds(struck),
        sound_seconds=settled.seconds,
        lost=world.load.lost_since(began),
        ending="; ".join([told, *(f"{job.kind} {job.subject} {job.state}" for job in ended)]),
        problems=tuple(problems),
    )


def _await_moment(world: World, client: Client, moment: Moment, asked_at: datetime) -> bool:
    """Whether it came; returns also when the client has ended before."""
    until = time.monotonic() + MOMENT_SECONDS
    while client.is_there and time.monotonic() < until:
        if _is_on_record(world, moment, asked_at):
            return True
        time.sleep(0.005)
    return _is_on_record(world, moment, asked_at)


def _is_on_record(world: World, moment: Moment, asked_at: datetime) -> bool:
    sql = "SELECT 1 FROM journal JOIN jobs ON jobs.id = job_id WHERE kind = ? AND stage = ? AND journal.at >= ?"
    known = (moment.kind.value, moment.stage, asked_at.isoformat())
    return world.workspace.registry.read().execute(sql, known).fetchone() is not None
