"""Gives a new version its traffic in steps beside the old one, which stays the live one until the last of them.

What begins, passes or ends is in the journal, so that a worker that takes the release up goes on in the same step with
the time that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mltui.config.reading import typed
from mltui.domain.deployment import Deployment
from mltui.domain.names import version_name
from mltui.domain.rollout import Rollout
from mltui.errors import Unreachable, WorkFailed
from mltui.registry import Connection, deployments
from mltui.worker.environments import sharing
from mltui.worker.environments.place import Place
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.faults import is_passing
from mltui.worker.releases.release_work import ReleaseWork
from mltui.worker.releases.traffic_step import Breach, TrafficStep

_TO_BE_TAKEN_BACK = "steps to be taken back"
_TAKEN_BACK = "steps taken back"


def go_up(work: ReleaseWork, mine: Deployment, *, permit: Callable[[], bool]) -> None:
    """Through every step but the last, which is the switch itself; nothing where no other version answers.

    `permit` is asked before each of them. Raises `WorkFailed` when the version was worse and is taken back.
    """
    found = work.journal.found(_TAKEN_BACK)
    if found is not None:
        raise _worse(work, found)
    plan, old = _plan(work)
    if old is None:
        return
    for number in range(1, len(plan.shared) + 1):
        step = TrafficStep(work, mine, old, plan, number)
        try:
            _refuse_what_was_worse(work)
            step.carry(permit)
        except Breach as breach:
            reason = _on_record(work, breach.reason)
            with work.workspace.traffic_lock(work.goal):
                step.require_sharing()
                found = _take_back(work, work.place, reason)
            raise _worse(work, found) from None
    permit()


def _on_record(work: ReleaseWork, reason: str) -> str:
    """The first of the reasons."""
    return str(work.journal.once(_TO_BE_TAKEN_BACK, lambda: {"reason": reason})["reason"])


def _refuse_what_was_worse(work: ReleaseWork) -> None:
    """A worker that died before the traffic was taken back leaves a judgement that stands."""
    found = work.journal.found(_TO_BE_TAKEN_BACK)
    if found is not None:
        raise Breach(str(found["reason"]))


def has_begun(work: ReleaseWork) -> bool:
    return work.journal.found("steps") is not None


def plan_of(work: ReleaseWork) -> Rollout:
    """The steps that it went through; all at once where it did not."""
    found = work.journal.found("steps")
    return Rollout() if found is None else typed(found["plan"], Rollout)


def withdraw(work: ReleaseWork, reason: str) -> str:
    """Ends the steps of a release that comes to no good end, also with a policy that cannot be read.

    Tells who answers then; nothing where it has no part of the traffic.
    """
    if not has_begun(work):
        return ""
    place = place_for_emergency(work.workspace, work.goal)
    with work.workspace.traffic_lock(place.name):
        known = deployments.of_release(work.workspace.registry.read(), work.release_id)
        shared = {each.deployment_id for each in place.environment.shares} - {place.environment.deployment_id}
        if not shared & {each.id for each in known}:
            return ""
        return str(_take_back(work, place, reason)["outcome"])


def _plan(work: ReleaseWork) -> tuple[Rollout, Deployment | None]:
    """As the policy had it when the release came to its first step, and the version that it is compared with."""
    found = work.journal.found("steps")
    if found is None:
        current, rollout = work.place.current(), work.rules.rollout
        if not rollout.is_in_steps or current is None or work.place.environment.is_stopped:
            return rollout, None
        found = work.journal.once("steps", lambda: {"plan": msgspec.to_builtins(rollout), "old": current.id})
    return typed(found["plan"], Rollout), deployments.find(work.workspace.registry.read(), int(found["old"]))


def _take_back(work: ReleaseWork, place: Place, reason: str) -> Mapping[str, Any]:
    """All the traffic to the live version again; the caller holds the traffic lock.

    Also on record alone, where the gateway is silent or does not see the live one up: the watch moves the weights then.
    """
    live = place.current()
    assert live is not None

    def point() -> Mapping[str, Any]:
        outcome = f"{version_name(live.version_id)} answers everything again"
        try:
            sharing.point(place, {live.id: 100})
        except Unreachable as error:
            if is_passing(error):
                raise
            outcome += f" as soon as that can be: {error.message}"
        work.journal.on_boundary("steps pointed back")
        return {"reason": reason, "outcome": outcome}

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        sharing.commit(tx, place, {live.id: 100})
        said = {"release": work.name, "version": work.version_name, "environment": work.goal, "reason": reason}
        work.journal.event(tx, "TrafficTakenBack", work.name, **said)

    return work.journal.once(_TAKEN_BACK, point, commit=commit)


def _worse(work: ReleaseWork, found: Mapping[str, Any]) -> WorkFailed:
    return WorkFailed(
        f"{work.version_name} is worse in {work.goal} {found['reason']}; {found['outcome']}",
        hint=f"mltui release show {work.name} has the figures",
        code="worse_than_before",
    )
