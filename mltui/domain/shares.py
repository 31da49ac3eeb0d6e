"""Several versions that answer together: which part of the requests each gets, and what cannot be."""

from __future__ import annotations

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


def split(percent: int, count: int) -> tuple[int, ...]:
    """A deployment's part over its `count` servers, in whole percents: as even as may be, the first ones get more."""
    least, more = divmod(percent, count)
    return tuple(least + (1 if at < more else 0) for at in range(count))
