"""What answers in an environment, and what brought it, as values; and what both now and a past time read of it."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.domain.deployment import Deployment, Environment
from mltui.registry import Connection, deployments, versions


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
    """Digest of the data version; empty where the version cannot be read."""
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


def brought_by(conn: Connection, live: Deployment) -> int | None:
    """Id of the release that brought it; of one that restores another, the one that brought that."""
    while live.restores_id is not None and (restored := deployments.find(conn, live.restores_id)) is not None:
        live = restored
    return live.release_id


def data_of(conn: Connection, live: Deployment) -> str:
    facts = versions.facts_of(conn, [live.version_id]).get(live.version_id)
    return "" if facts is None else facts.data
