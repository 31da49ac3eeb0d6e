from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mltui.tui.presentation.moments import ago, duration, moment

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0 s"), (0, "0 s"), (4, "4 s"), (59.9, "59 s"), (60, "1 min"), (200, "3 min"), (3600, "1 h"),
        (7800, "2 h 10 min"), (86399, "23 h 59 min"), (86400, "1 d"), (5.5 * 86400, "5 d"),
    ],
)  # fmt: skip
def test_ago_tells_the_two_largest_units(seconds: float, shown: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.42, "0.4 s"), (2, "2 s"), (2.24, "2.2 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min"),
        (200, "3 min 20 s"), (3600, "1 h"), (7800, "2 h 10 min"), (86400, "1 d"), (5 * 86400 + 3 * 3600, "5 d 3 h"),
        (None, "–"), (math.nan, "–"), (math.inf, "–"),
    ],
)  # fmt: skip
def test_a_duration_is_told_in_the_units_that_matter(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


def test_no_time_is_a_dash() -> None:
    assert (ago(None, NOW), moment(None)) == ("–", "–")


def test_a_moment_is_told_in_the_zone_of_the_reader() -> None:
    assert moment(NOW, zone=timezone(timedelta(hours=1))) == "2026-11-23 13:00:00"
    assert moment(NOW) == f"{NOW.astimezone():%Y-%m-%d %H:%M:%S}"
