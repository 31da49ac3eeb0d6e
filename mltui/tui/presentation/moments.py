"""Times and spans of time as words. `now` is always an argument."""

from __future__ import annotations

import math
from datetime import datetime, tzinfo

NONE = "–"
"""Stands wherever there is no time, no figure."""


def ago(at: datetime | None, now: datetime) -> str:
    """`4 s`, `3 min`, `2 h 10 min`, `5 d`: how long it is past; `0 s` for what a skewed clock puts ahead."""
    if at is None:
        return NONE
    seconds = max(0, int((now - at).total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    return _hours(minutes) if minutes < 1440 else f"{minutes // 1440} d"


def briefly_ago(at: datetime | None, now: datetime) -> str:
    """The largest unit alone, for a column: `2 h` for `2 h 10 min`."""
    return " ".join(ago(at, now).split(" ")[:2])


def duration(seconds: float | None) -> str:
    """`0.4 s`, `2 s`, `12 s`, `3 min 20 s`, `2 h 10 min`, `5 d 3 h`."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two(whole // 60, "min", whole % 60, "s")
    if whole < 86400:
        return _hours(whole // 60)
    return _two(whole // 86400, "d", whole % 86400 // 3600, "h")


def moment(at: datetime | None, *, zone: tzinfo | None = None) -> str:
    """`2026-11-23 11:31:34`, in local time where no zone is given."""
    return NONE if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _hours(minutes: int) -> str:
    return _two(minutes // 60, "h", minutes % 60, "min")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit}" + (f" {small} {small_unit}" if small else "")
