"""What answers in an environment, and what brought it, as values; and what both now and a past time read of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mltui.domain.deployment import Deployment, Environment
from mltui.domain.names import release_name
from mltui.registry import Connection, deployments, events

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answering:
    """One of those that answer."""

    deployment: Deployment
    percent: int
    """Of the requests."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What brought the version that answers; after a rollback what once brought the one that was restored."""

    data: str
    """Digest of the data version; empty where the version is not there."""
    release_id: int | None
    approved_by: tuple[str, ...]
    """People, in the order in which they agreed."""


@dataclass(frozen=True, slots=True)
class EnvironmentDetail:
    environment: Environment
    """Of a past time without its smokes, which are not kept."""
    deployment: Deployment | None
    """What answers, the live one of several; None when nothing does."""
    answering: tuple[Answering, ...] = ()
    """All that answer, the largest part first."""
    history: tuple[Deployment, ...] = ()
    origin: Origin | None = None
    """Of what answers, the live one of several."""


def answering(conn: Connection, environment: Environment) -> tuple[Answering, ...]:
    parts = sorted(environment.percents.items(), key=lambda item: -item[1])
    found = ((deployments.find(conn, each), percent) for each, percent in parts)
    return tuple(Answering(deployment, percent) for deployment, percent in found if deployment is not None)


def origin_of(conn: Connection, live: Deployment, *, until: datetime | None = None) -> Origin:
    """As far as people had agreed until a time."""
    brought = live
    while brought.restores_id is not None and (restored := deployments.find(conn, brought.restores_id)) is not None:
        brought = restored
    release_id = brought.release_id
    name = "" if release_id is None else release_name(release_id)
    agreed = events.list_events(conn, kind="VersionApproved", subject=name, until=until)
    people = dict.fromkeys(str(event.data.get("person") or event.actor) for event in agreed)
    return Origin(deployments.data_behind(conn, live), release_id, tuple(people))
