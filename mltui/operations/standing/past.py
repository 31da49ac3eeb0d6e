"""What answered, and what stood where, at a past time: what the history tells, whose sequence rules over the clock.

A moment stands for all up to the last event that bears it or an earlier one. Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mltui.domain.deployment import Deployment, Environment, Share
from mltui.domain.event import Event
from mltui.domain.names import parse_id
from mltui.operations.standing.answering import EnvironmentDetail, answering, origin_of
from mltui.operations.standing.past_deployments import deployments_at
from mltui.registry import Connection, deployments, events


def which_at(conn: Connection, known: Environment, at: datetime) -> EnvironmentDetail:
    shifted = _last_of(conn, ("TrafficShifted",), known.name, at)
    pointer = None if shifted is None else _deployment(shifted)
    live = None if pointer is None else deployments.find(conn, pointer)
    lock = _lock_at(conn, known.name, at)
    then = replace(
        known,
        deployment_id=pointer,
        is_stopped=_was_stopped(conn, known.name, at),
        **_endpoint_at(conn, known.name, at),
        **_smoke_at(conn, known.name, at),
        replay_bytes=0,
        sticky_header=None,
        metrics_endpoint="",
        shares=_shares_at(conn, known.name, at),
        locked_at=None if lock is None else lock.at,
        locked_by=None if lock is None else lock.actor,
        lock_reason=None if lock is None else str(lock.data.get("reason", "?")),
    )
    if live is None or then.is_stopped:
        return EnvironmentDetail(then, None)
    origin = origin_of(conn, live, until=at)
    return EnvironmentDetail(then, _live_then(conn, live, at), answering(conn, then), origin=origin)


def _live_then(conn: Connection, live: Deployment, at: datetime) -> Deployment:
    known = deployments.of_environment(conn, live.environment)
    return next(one for one in deployments_at(conn, live.environment, known, at) if one.id == live.id)


def _endpoint_at(conn: Connection, environment: str, at: datetime) -> dict[str, Any]:
    """Empty where the history has none, or a restored workspace had not started it yet."""
    settled = _last_of(conn, ("EndpointSettled",), environment, at)
    restored = events.list_events(conn, kind="WorkspaceRestored", until=at, limit=1, newest_first=True)
    if settled is None or any(event.sequence > settled.sequence for event in restored):
        return {"endpoint": "", "is_encrypted": False, "asks_token": False, "endpoint_since": None}
    scheme, _, endpoint = str(settled.data.get("url", "")).rpartition("://")
    return {
        "endpoint": endpoint,
        "is_encrypted": scheme == "https",
        "asks_token": "token" in str(settled.data.get("guard", "")),
        "endpoint_since": settled.at,
    }


def _smoke_at(conn: Connection, environment: str, at: datetime) -> dict[str, Any]:
    """Since what answered then did: that it failed, or was green again. The history tells no more of it."""
    last = _last_of(conn, ("SmokeFailed", "SmokeRecovered", "TrafficShifted"), environment, at)
    if last is None or last.kind == "TrafficShifted":
        return {"smoked_at": None, "is_smoke_green": None, "smoke_failure": None}
    is_green = last.kind == "SmokeRecovered"
    failure = None if is_green else str(last.data.get("reason", ""))
    return {"smoked_at": last.at, "is_smoke_green": is_green, "smoke_failure": failure}


def _was_stopped(conn: Connection, environment: str, at: datetime) -> bool:
    """A stop leaves the deployment as it is, so only the history knows of it."""
    last = _last_of(conn, ("EnvironmentStopped", "EnvironmentStarted", "TrafficShifted"), environment, at)
    return last is not None and last.kind == "EnvironmentStopped"


def _shares_at(conn: Connection, environment: str, at: datetime) -> tuple[Share, ...]:
    last = _last_of(conn, ("TrafficShared", "SharingEnded", "TrafficShifted", "EnvironmentStopped"), environment, at)
    if last is None or last.kind != "TrafficShared":
        return ()
    percents = last.data.get("percents", {})
    return tuple(Share(parse_id("deployment", name), percent) for name, percent in percents.items())


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
    return parse_id("deployment", str(event.data.get("deployment", "?")))
