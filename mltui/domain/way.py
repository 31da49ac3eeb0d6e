"""The order of the environments: which a release passes by itself, and where people have to agree on the way.

A policy's environments may stand one after the other in any number. One whose gate names approvers is a stop: a release
leads to it and no further, and the next one starts from there. All others are passed on the way to the next stop.
"""

from __future__ import annotations

from dataclasses import dataclass

from mltui.domain.policy import Policy, goals, last_environment


@dataclass(frozen=True, slots=True)
class Way:
    """Of a release to its goal."""

    since: str | None
    """The stop before the goal, which the version has to have passed by a release of its own; None where none is."""
    through: tuple[str, ...]
    """Environments that it passes before the goal, in their order."""


def before(policy: Policy, name: str) -> tuple[str, ...]:
    """All that come before it, the first one first; ends where the order leads back or names what is not there."""
    found: list[str] = []
    place = policy.environments[name].after
    while place is not None and place in policy.environments and place not in (name, *found):
        found.insert(0, place)
        place = policy.environments[place].after
    return tuple(found)


def way_to(policy: Policy, goal: str) -> Way:
    earlier = before(policy, goal)
    stops = [place for place in earlier if policy.environments[place].gate.approvers]
    if not stops:
        return Way(None, earlier)
    return Way(stops[-1], earlier[earlier.index(stops[-1]) + 1 :])


def first_stop(policy: Policy) -> str | None:
    """Where the release of a new version leads; None without environments."""
    goal = last_environment(policy)
    while goal is not None and (since := way_to(policy, goal).since) is not None:
        goal = since
    return goal


def next_stop(policy: Policy, passed: str) -> str | None:
    """Where a version is released to that has passed this stop; None where the order ends."""
    return next((name for name in stops(policy) if way_to(policy, name).since == passed), None)


def stops(policy: Policy) -> list[str]:
    """Where releases lead, in the policy's order: people decide on it, or nothing comes after it."""
    last = goals(policy)
    return [name for name, each in policy.environments.items() if each.gate.approvers or name in last]
