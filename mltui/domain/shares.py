"""Several versions that answer together: which part of the requests each gets, and what cannot be."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mltui.domain.deployment import Share
from mltui.domain.names import deployment_name
from mltui.errors import Refused, UsageError


def shares_of(percents: Mapping[int, int], *, live: int) -> tuple[Share, ...]:
    """From deployment id → percent; empty where the live one gets all. A part of 0 is none.

    Raises `UsageError` for parts that do not make 100, `Refused` where the live deployment would have none: to leave
    it is a switch, and that has a way of its own.
    """
    parts = {each: percent for each, percent in percents.items() if percent != 0}
    if any(not 0 < percent <= 100 for percent in parts.values()):
        raise UsageError("a part of the traffic is a whole number from 0 to 100", hint="for instance v8=10 v7=90")
    if sum(parts.values()) != 100:
        said = " + ".join(str(percent) for percent in parts.values()) or "nothing"
        raise UsageError(f"{said} makes {sum(parts.values())}, not 100", hint="for instance v8=10 v7=90")
    if live not in parts:
        raise Refused(
            f"what is live ({deployment_name(live)}) would have no part of the traffic",
            hint="mltui rollback --to moves all of it",
            code="live_without_share",
        )
    if len(parts) == 1:
        return ()
    return tuple(Share(each, parts[each]) for each in sorted(parts))


def weights(percents: Mapping[int, int], servers: Mapping[int, int], *, most: int) -> Mapping[int, int]:
    """Deployment id → weight of each of its servers, from its percent and how many servers it has; at most `most`.

    All servers of a deployment weigh the same, and the parts are exact; only where that takes weights above `most`,
    as between very different numbers of servers, they are as near as whole numbers come.
    """
    shared = {each: percent for each, percent in percents.items() if percent > 0}
    whole = math.lcm(*(servers[each] for each in shared))
    exact = {each: percent * whole // servers[each] for each, percent in shared.items()}
    heaviest = max(exact.values(), default=0)
    if heaviest > most:
        exact = {each: max(1, round(weight * most / heaviest)) for each, weight in exact.items()}
    return dict.fromkeys(percents, 0) | exact
