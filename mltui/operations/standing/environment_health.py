"""How each environment does: what answers, since when, and whether its smoke is green. Reads only the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mltui.domain.deployment import Deployment, Environment
from mltui.domain.policy import EnvironmentPolicy, Policy
from mltui.operations.standing.sound import sound_rows, told
from mltui.registry import Connection, deployments, environments, events, version_facts
from mltui.registry.version_facts import VersionFacts

Health = Literal["green", "red", "unproven", "stopped", "empty"]
"""unproven: something answers that was never smoked; empty: nothing was ever live."""

MOST_ENVIRONMENTS = 100
LATE_AFTER = 3.0
"""Times the policy's interval between two smokes after which the last one says little."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What share of the requests a running server gets by the registry, which the worker holds the gateway to."""

    deployment_id: int
    version_id: int
    percent: int


@dataclass(frozen=True, slots=True)
class EnvironmentHealth:
    name: str
    endpoint: str
    """Host and port; empty before the first start."""
    url: str
    """With its scheme; empty as long as the endpoint is."""
    live: Deployment | None
    """What answers; None when nothing does."""
    last: Deployment | None
    """What answers, or what would again after a stop."""
    version: VersionFacts | None
    """Of `last`."""
    weights: tuple[Weight, ...]
    """Of the live server, those that share its traffic and the warm ones, the newest first."""
    health: Health
    smoked_at: datetime | None
    smoke_failure: str
    """Why it is red; empty otherwise."""
    ill_since: datetime | None
    """When the first smoke failed that none since was better than; None unless red."""
    is_smoke_late: bool
    """Whether the last smoke is too old to be trusted: is a worker there?"""
    stopped_at: datetime | None
    """None unless stopped."""
    after: str | None
    """The environment that a version passes before this one."""
    is_locked: bool = False
    has_way_back: bool = True
    """Whether another version was good here once, or shares the traffic now."""


def environments_health(
    conn: Connection, policy: Policy | None, *, now: datetime, problems: list[str] | None = None
) -> tuple[EnvironmentHealth, ...]:
    """All that the policy names, the last of its order first, then those that only the registry knows.

    An environment whose rows are damaged is left out, and a sentence is added to `problems`.
    """
    missed = [] if problems is None else problems
    damaged: list[str] = []
    known = known_environments(conn, damaged)
    missed += damaged
    rules: Mapping[str, EnvironmentPolicy] = {} if policy is None else policy.environments
    # one without a row is empty, unless its row is what cannot be read
    ruled = [name for name in reversed(list(rules)) if name in known or not damaged]
    names = [*ruled, *(name for name in known if name not in rules)]
    found = (_health_told(conn, known.get(name, Environment(name)), rules.get(name), now, missed) for name in names)
    return tuple(each for each in found if each is not None)


def known_environments(conn: Connection, problems: list[str]) -> dict[str, Environment]:
    """By name; those whose row can be read."""
    read = sound_rows(
        lambda limit, offset: environments.list_environments(conn, limit=limit, offset=offset),
        limit=MOST_ENVIRONMENTS,
        problems=problems,
    )
    return {each.name: each for each in read}


def _health_told(
    conn: Connection, environment: Environment, rules: EnvironmentPolicy | None, now: datetime, problems: list[str]
) -> EnvironmentHealth | None:
    return told(lambda: _health(conn, environment, rules, now), None, problems=problems)


def _health(
    conn: Connection, environment: Environment, rules: EnvironmentPolicy | None, now: datetime
) -> EnvironmentHealth:
    name, pointer = environment.name, environment.deployment_id
    last = None if pointer is None else deployments.find(conn, pointer)
    health = _health_of(environment, last)
    has_way_back = last is not None and (
        bool(environment.shares) or deployments.has_good_beside(conn, name, version_id=last.version_id)
    )
    return EnvironmentHealth(
        name=name,
        endpoint=environment.endpoint,
        url=environment.url,
        live=None if environment.is_stopped else last,
        last=last,
        version=None if last is None else version_facts.facts_of(conn, [last.version_id]).get(last.version_id),
        weights=tuple(_weight(each, environment) for each in deployments.with_server(conn, name)),
        health=health,
        smoked_at=environment.smoked_at,
        smoke_failure=(environment.smoke_failure or "") if health == "red" else "",
        ill_since=_newest(conn, name, "SmokeFailed") or environment.smoked_at if health == "red" else None,
        is_smoke_late=_is_late(environment, rules, now) if health in ("green", "red") else False,
        stopped_at=_newest(conn, name, "EnvironmentStopped") if environment.is_stopped else None,
        after=None if rules is None else rules.after,
        is_locked=environment.is_locked,
        has_way_back=has_way_back,
    )


def _health_of(environment: Environment, last: Deployment | None) -> Health:
    if environment.is_stopped:
        return "stopped"
    if last is None:
        return "empty"
    if environment.is_smoke_green is None:
        return "unproven"
    return "green" if environment.is_smoke_green else "red"


def _weight(deployment: Deployment, environment: Environment) -> Weight:
    return Weight(deployment.id, deployment.version_id, environment.percents.get(deployment.id, 0))


def _is_late(environment: Environment, rules: EnvironmentPolicy | None, now: datetime) -> bool:
    if environment.smoked_at is None:
        return True
    every = (rules or EnvironmentPolicy()).smoke_every_seconds
    return (now - environment.smoked_at).total_seconds() > LATE_AFTER * every


def _newest(conn: Connection, environment: str, kind: str) -> datetime | None:
    """A failing smoke is on record once, when it began to fail."""
    found = events.list_events(conn, kind=kind, subject=environment, limit=1, newest_first=True)
    return found[0].at if found else None
