"""What answered, and what stood where, at a past time: what the history tells, whose sequence rules over the clock.

A moment stands for all up to the last event that bears it or an earlier one. Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mltui.domain.deployment import Deployment, DeploymentState, Environment, Share
from mltui.domain.event import Event
from mltui.domain.names import parse_id
from mltui.operations.answering import EnvironmentDetail, answering, origin_of
from mltui.registry import Connection, deployments, events

_ALL = 1_000_000


def which_at(conn: Connection, known: Environment, at: datetime) -> EnvironmentDetail:
    shifted = _last_of(conn, ("TrafficShifted",), known.name, at)
    pointer = None if shifted is None else _deployment(shifted)
    live = None if pointer is None else deployments.find(conn, pointer)
    lock = _lock_at(conn, known.name, at)
    then = replace(
        known,
        deployment_id=pointer,
        is_stopped=_was_stopped(conn, known.name, at),
        smoked_at=None,
        is_smoke_green=None,
        smoke_failure=None,
        shares=_shares_at(conn, known.name, at),
        locked_at=None if lock is None else lock.at,
        locked_by=None if lock is None else lock.actor,
        lock_reason=None if lock is None else str(lock.data["reason"]),
    )
    if live is None or then.is_stopped:
        return EnvironmentDetail(then, None)
    return EnvironmentDetail(then, _live_then(live), answering(conn, then), origin=origin_of(conn, live, until=at))


def deployments_at(
    conn: Connection, then: Environment, known: Sequence[Deployment], at: datetime
) -> tuple[Deployment, ...]:
    """Those that were there then. Who was withdrawn later, and whose server ran when, is not told."""
    begun, live, baked = (
        {_deployment(event) for event in events.list_events(conn, kind=kind, subject=then.name, until=at, limit=_ALL)}
        for kind in ("DeploymentStarted", "TrafficShifted", "DeploymentBaked")
    )
    return tuple(
        _live_then(one, is_baked=one.id in baked)
        if one.id == then.deployment_id
        else replace(one, is_baked=one.id in baked, withdrawn_reason=None)
        if one.id in live
        else replace(one, state=DeploymentState.STARTING, live_from=None, live_until=None, withdrawn_reason=None)
        for one in known
        if one.id in begun | live
    )


def _live_then(one: Deployment, *, is_baked: bool = False) -> Deployment:
    return replace(
        one,
        state=DeploymentState.LIVE,
        live_until=None,
        withdrawn_reason=None,
        is_baked=is_baked,
        was_healthy_when_replaced=False,
    )


def _was_stopped(conn: Connection, environment: str, at: datetime) -> bool:
    """A stop leaves the deployment as it is, so only the history knows of it."""
    last = _last_of(conn, ("EnvironmentStopped", "EnvironmentStarted", "TrafficShifted"), environment, at)
    return last is not None and last.kind == "EnvironmentStopped"


def _shares_at(conn: Connection, environment: str, at: datetime) -> tuple[Share, ...]:
    last = _last_of(conn, ("TrafficShared", "SharingEnded", "TrafficShifted", "EnvironmentStopped"), environment, at)
    if last is None or last.kind != "TrafficShared":
        return ()
    return tuple(Share(parse_id("deployment", name), percent) for name, percent in last.data["percents"].items())


def _lock_at(conn: Connection, environment: str, at: datetime) -> Event | None:
    last = _last_of(conn, ("DeploysLocked", "DeploysUnlocked"), environment, at)
    return last if last is not None and last.kind == "DeploysLocked" else None


def _last_of(conn: Connection, kinds: Sequence[str], environment: str, at: datetime) -> Event | None:
    found = (
        event
        for kind in kinds
        for event in events.list_events(conn, kind=kind, subject=environment, until=at, limit=1, newest_first=True)
    )
    return max(found, key=lambda event: event.sequence, default=None)


def _deployment(event: Event) -> int:
    return parse_id("deployment", str(event.data["deployment"]))
