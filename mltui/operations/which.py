"""What answers in an environment, now or at a past time. Reads only; imports no more than a quick answer needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mltui.domain.deployment import Deployment, Environment, Share
from mltui.domain.names import parse_id
from mltui.errors import NotFound
from mltui.registry import Connection, deployments, environments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mltui.domain.event import Event
    from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Answering:
    """One of those that answer."""

    deployment: Deployment
    percent: int
    """Of the requests."""


@dataclass(frozen=True, slots=True)
class EnvironmentDetail:
    environment: Environment
    """Of a past time without its smokes, which are not kept."""
    deployment: Deployment | None
    """What answers, the live one of several; None when nothing does."""
    answering: tuple[Answering, ...] = ()
    """All that answer, the largest part first."""
    history: tuple[Deployment, ...] = ()


def which(workspace: Workspace, environment: str, *, at: datetime | None = None) -> EnvironmentDetail:
    """What answers in the environment now, or answered at a time."""
    conn = workspace.registry.read()
    known = _require(conn, environment)
    if at is not None:
        return _which_at(conn, known, at)
    live = None if known.deployment_id is None or known.is_stopped else deployments.find(conn, known.deployment_id)
    return EnvironmentDetail(known, live, _answering(conn, known))


def environment_state(workspace: Workspace, environment: str, *, at: datetime | None = None) -> EnvironmentDetail:
    """With the whole history of its deployments, the newest first; up to a time those that were there then."""
    found = which(workspace, environment, at=at)
    known = deployments.of_environment(workspace.registry.read(), environment)
    return replace(found, history=tuple(each for each in reversed(known) if at is None or each.created_at <= at))


def _require(conn: Connection, environment: str) -> Environment:
    known = environments.find(conn, environment)
    if known is None:
        raise NotFound(f"nothing was ever released to {environment}", hint="mltui env list shows what there is")
    return known


def _which_at(conn: Connection, known: Environment, at: datetime) -> EnvironmentDetail:
    live = deployments.live_at(conn, known.name, at)
    was_stopped = _was_stopped(conn, known.name, at)
    then = replace(
        known,
        deployment_id=None if live is None else live.id,
        is_stopped=was_stopped,
        smoked_at=None,
        is_smoke_green=None,
        smoke_failure=None,
        shares=_shares_at(conn, known.name, at),
    )
    return EnvironmentDetail(then, None if was_stopped else live, _answering(conn, then))


def _was_stopped(conn: Connection, environment: str, at: datetime) -> bool:
    """A stop leaves the deployment as it is, so only the history knows of it."""
    last = _last_of(conn, ("EnvironmentStopped", "EnvironmentStarted", "TrafficShifted"), environment, at)
    return last is not None and last.kind == "EnvironmentStopped"


def _shares_at(conn: Connection, environment: str, at: datetime) -> tuple[Share, ...]:
    last = _last_of(conn, ("TrafficShared", "SharingEnded", "TrafficShifted", "EnvironmentStopped"), environment, at)
    if last is None or last.kind != "TrafficShared":
        return ()
    return tuple(Share(parse_id("deployment", name), percent) for name, percent in last.data["percents"].items())


def _last_of(conn: Connection, kinds: Sequence[str], environment: str, at: datetime) -> Event | None:
    from mltui.registry import events

    found = (
        event
        for kind in kinds
        for event in events.list_events(conn, kind=kind, subject=environment, until=at, limit=1, newest_first=True)
    )
    return max(found, key=lambda event: event.sequence, default=None)


def _answering(conn: Connection, environment: Environment) -> tuple[Answering, ...]:
    parts = sorted(environment.percents.items(), key=lambda item: -item[1])
    found = ((deployments.find(conn, each), percent) for each, percent in parts)
    return tuple(Answering(deployment, percent) for deployment, percent in found if deployment is not None)
