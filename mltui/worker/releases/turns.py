"""One release at a time before a gate: who comes later supersedes who waits, or queues behind."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mltui.domain.names import release_name
from mltui.domain.release import ReleaseState
from mltui.operations.acting.closing import close_waiting_release
from mltui.operations.standing.staleness import gave_way
from mltui.registry import Connection, approvals, releases
from mltui.worker.releases.release_work import ReleaseWork

TURN_SECONDS = 0.5


def shares_its_turn(work: ReleaseWork) -> bool:
    """Not where no environment comes before the goal, unless they queue: what waits there for a decision hangs on no
    other environment, and a newer one takes nothing away from it."""
    return work.rules.after is not None or work.rules.newer == "queues"


def await_turn(work: ReleaseWork) -> None:
    """A newer release supersedes one that waits for a decision, unless policy has it queue; it queues behind one that
    moves.

    One that somebody has approved already counts as one that moves: others are deciding on it. One whose candidate gave
    way to another in the environment before the goal is superseded in any case: nobody can approve it any more.
    """
    while True:
        work.journal.check_cancelled()
        conn = work.workspace.registry.read()
        others = [each.id for each in releases.unfinished(conn, environment=work.goal) if each.id < work.release_id]
        in_the_way = [each for each in others if not _is_out_of_the_way(work, each)]
        if not in_the_way:
            return
        _tell(work, release_name(in_the_way[0]))
        time.sleep(TURN_SECONDS)


def _is_out_of_the_way(work: ReleaseWork, other_id: int) -> bool:
    name = release_name(other_id)
    with work.workspace.registry.write() as tx:
        other = releases.find(tx, other_id)
        if other is None or other.state.is_over:
            return True
        is_left_alone = work.rules.newer == "queues" or bool(approvals.of_release(tx, other_id))
        if is_left_alone and not gave_way(tx, other, work.policy):
            return False
        if other.state is not ReleaseState.WAITING_APPROVAL:
            return False
        reason, now = f"superseded by {work.name}", work.workspace.now()
        close_waiting_release(tx, other_id, state=ReleaseState.SUPERSEDED, reason=reason, at=now)
        work.journal.event(tx, "ReleaseSuperseded", name, release=name, by=work.name)
        return True


def _tell(work: ReleaseWork, other: str) -> None:
    """Once, of the first that it queues behind."""

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        reason, place = f"{other} comes first", next(iter(work.through), work.goal)
        work.journal.event(tx, "DeployHeld", work.name, release=work.name, environment=place, reason=reason)

    work.journal.note("queued", commit)
