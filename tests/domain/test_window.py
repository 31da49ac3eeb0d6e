"""When an environment may be deployed to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mltui.domain.deployment import Environment
from mltui.domain.holds import holds
from mltui.domain.policy import EnvironmentPolicy
from mltui.domain.window import DeployWindow

OFFICE = "Mon-Fri 09:00-16:00 Europe/Berlin"
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "minute", "is_open"),
    [
        (23, 7, 59, False),
        (23, 8, 0, True),
        (23, 14, 59, True),
        (23, 15, 0, False),
        (27, 10, 0, True),
        (28, 10, 0, False),
    ],
)
def test_it_is_open_from_its_first_minute_to_before_its_last_on_its_days(
    day: int, hour: int, minute: int, is_open: bool
) -> None:
    """Berlin is an hour ahead of UTC in winter."""
    assert DeployWindow.parse(OFFICE).is_open(MONDAY.replace(day=day, hour=hour, minute=minute)) is is_open


def test_summer_time_moves_it_by_an_hour() -> None:
    assert DeployWindow.parse(OFFICE).is_open(datetime(2026, 7, 6, 7, 0, tzinfo=UTC))
    assert not DeployWindow.parse(OFFICE).is_open(datetime(2026, 12, 7, 7, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (MONDAY.replace(hour=3), "2026-11-23 09:00"),
        (MONDAY.replace(hour=16), "2026-11-24 09:00"),
        (MONDAY.replace(day=27, hour=16), "2026-11-30 09:00"),
        (datetime(2026, 3, 27, 20, tzinfo=UTC), "2026-03-30 09:00"),
    ],
    ids=["before", "after", "at the weekend", "over a change of the clock"],
)
def test_it_opens_next_on_a_day_of_its_own_by_its_own_clock(at: datetime, opens: str) -> None:
    found = DeployWindow.parse(OFFICE).next_opening(at)
    assert f"{found:%Y-%m-%d %H:%M}" == opens
    assert DeployWindow.parse(OFFICE).is_open(found)


@pytest.mark.parametrize(
    ("text", "days"),
    [("Mon,Wed", {0, 2}), ("Sat-Mon", {5, 6, 0}), ("Sun", {6}), ("Mon-Sun", {0, 1, 2, 3, 4, 5, 6})],
)
def test_days_are_named_one_by_one_or_from_one_to_another(text: str, days: set[int]) -> None:
    assert DeployWindow.parse(f"{text} 9-17 UTC").days == days


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("always", "is no window"),
        ("Mon-Fri 16:00-09:00 UTC", "ends before it begins"),
        ("Mon-Fri 09:00-25:00 UTC", "is no time of the day"),
        ("Mon-Fri 09:70-12:00 UTC", "is no time of the day"),
        ("Mon-Fry 09:00-16:00 UTC", "is no weekday"),
        ("Mon-Fri 09:00-16:00 Mars/Base", "no time zone"),
        ("Mon-Fri 09:00-16:00 ../etc/passwd", "no time zone"),
    ],
)
def test_what_is_no_window_is_told_with_an_example(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        DeployWindow.parse(text)


def test_a_lock_and_a_closed_window_hold_a_deploy_each_with_its_way_out() -> None:
    locked = Environment("production", locked_at=MONDAY, locked_by="ann", lock_reason="incident 14")
    found = list(holds(locked, EnvironmentPolicy(window=OFFICE), now=MONDAY.replace(day=28)))
    assert [(each.code, each.hint) for each in found] == [
        ("locked", "mltui unlock production ends that"),
        ("outside_window", "it opens Mon 2026-11-30 09:00 Europe/Berlin"),
    ]
    assert list(holds(Environment("production"), EnvironmentPolicy(), now=MONDAY)) == []
