"""What somebody does in a world, one act after the other: train, approve, roll back, undo."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.world import World

from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.domain.rollback import candidates, undo_target
from mltui.registry import deployments, environments, releases

STEPS = tuple(f"{step}{moment}" for step in ("train", "evaluate", "register") for moment in (".1 started", ".1 ended"))
"""Prepare is cached after the first run."""
TO_GATE = (
    "package started", "package passed", "profile started", "profile passed", "staging started",
    "staging deployment", "staging left", "staging switched", "staging passed", "smoke started", "smoke passed",
    "checks started", "checks passed", "approval started", "evidence sealed",
)  # fmt: skip
FROM_GATE = (
    "approval passed", "production started", "production deployment", "production left", "production switched",
    "production passed", "production smoke started", "production smoke passed", "bake started", "bake passed", "ended",
)  # fmt: skip
STEP = ("steps", "step 1 begun", "step 1 passed")
"""Of a release whose traffic goes over in steps, beside `FROM_GATE`."""
OF_ROLLBACK = ("left", "target", "switched")


@dataclass(frozen=True, slots=True)
class Moment:
    """Stage of a job's journal, after whose record something happens."""

    kind: JobKind
    stage: str


@dataclass(frozen=True, slots=True)
class Act:
    name: str
    words: tuple[str, ...]
    moments: tuple[Moment, ...]

    @property
    def kinds(self) -> list[JobKind]:
        """Of its jobs, in the order in which they are carried."""
        return list(dict.fromkeys(moment.kind for moment in self.moments))


def _moments(kind: JobKind, stages: Sequence[str]) -> tuple[Moment, ...]:
    return tuple(Moment(kind, stage) for stage in stages)


TRAIN = (*_moments(JobKind.RUN, ("started", *STEPS, "described", "ended")), *_moments(JobKind.RELEASE, TO_GATE))
APPROVE = _moments(JobKind.RELEASE, FROM_GATE)
APPROVE_IN_STEPS = (*APPROVE, *_moments(JobKind.RELEASE, STEP))
ROLL_BACK = _moments(JobKind.ROLLBACK, OF_ROLLBACK)
_ORDER = ("approve", "rollback", "undo", "train")


def possible_acts(world: World, *, turn: int, models: int, rng: random.Random) -> dict[str, Act]:
    """By name; training is always possible, and `turn` makes each act another one."""
    conn = world.workspace.registry.read()
    known = deployments.of_environment(conn, "production")
    pointer = environments.find(conn, "production")
    current = next((each for each in known if pointer is not None and each.id == pointer.deployment_id), None)
    slope = rng.randint(1, models)
    words = ("train", "--set", f"train.slope={slope}", "--set", f"train.turn={turn}", "--follow")
    found = {"train": Act("train", words, TRAIN)}
    waiting = [
        each
        for each in releases.unfinished(conn, environment="production")
        if each.state is ReleaseState.WAITING_APPROVAL
    ]
    if waiting:
        moments = APPROVE_IN_STEPS if world.replicas > 1 else APPROVE
        found["approve"] = Act("approve", ("approve", f"v{waiting[-1].version_id}", "--follow"), moments)
    if current is not None and any(each.is_good for each in candidates(known, current=current)):
        found["rollback"] = Act("rollback", ("rollback", "--reason", f"turn {turn}"), ROLL_BACK)
    if current is not None and undo_target(known, current=current) is not None:
        found["undo"] = Act("undo", ("rollback", "--undo", "--reason", f"turn {turn}"), ROLL_BACK)
    return found


def next_act(found: dict[str, Act], before: str) -> Act:
    """The one after `before` in the usual order that is possible now."""
    start = _ORDER.index(before) + 1
    return next(found[name] for name in (*_ORDER[start:], *_ORDER[:start]) if name in found)
