"""How a traffic is spread over versions: parts that make 100, the live one always among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.domain.deployment import Environment, Share
from mltui.domain.shares import shares_of, weights
from mltui.errors import Refused, UsageError


def test_parts_of_several_are_kept_in_the_order_of_the_deployments() -> None:
    assert shares_of({9: 10, 7: 90}, live=7) == (Share(7, 90), Share(9, 10))
    assert shares_of({9: 90, 7: 10, 8: 0}, live=7) == (Share(7, 10), Share(9, 90))


def test_all_of_the_traffic_for_the_live_one_is_no_sharing() -> None:
    assert shares_of({7: 100}, live=7) == shares_of({7: 100, 8: 0}, live=7) == ()


@pytest.mark.parametrize(
    ("percents", "said"),
    [
        ({7: 90, 8: 20}, "90 \\+ 20 makes 110, not 100"),
        ({7: 50}, "50 makes 50, not 100"),
        ({7: 0}, "nothing makes 0"),
        ({}, "nothing makes 0"),
        ({7: 110, 8: -10}, "a whole number from 0 to 100"),
    ],
)
def test_parts_that_do_not_make_100_are_refused(percents: dict[int, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        shares_of(percents, live=7)


@pytest.mark.parametrize("percents", [{8: 100}, {8: 60, 9: 40}, {8: 100, 7: 0}])
def test_the_live_one_is_not_left_by_sharing(percents: dict[int, int]) -> None:
    with pytest.raises(Refused, match="d7") as refused:
        shares_of(percents, live=7)
    assert "rollback --to" in refused.value.hint


def test_an_environment_gives_all_of_its_traffic_away_or_none() -> None:
    live = Environment("production", 7)
    assert live.percents == {7: 100}
    assert Environment("production").percents == Environment("production", 7, is_stopped=True).percents == {}
    shared = Environment("production", 7, shares=(Share(7, 90), Share(9, 10)))
    assert shared.percents == {7: 90, 9: 10}


@given(st.integers(0, 100), st.integers(1, 4), st.integers(1, 4))
def test_each_server_of_a_version_has_the_same_part_of_it(percent: int, ours: int, theirs: int) -> None:
    found = weights({7: percent, 9: 100 - percent}, {7: ours, 9: theirs}, most=256)
    assert all(0 <= weight <= 256 for weight in found.values())
    assert [weight > 0 for weight in found.values()] == [percent > 0, percent < 100]
    total = found[7] * ours + found[9] * theirs
    assert 100 * found[7] * ours / total == pytest.approx(percent, abs=1.0)
    if ours == theirs:
        assert (found[7], found[9]) == (percent, 100 - percent)


def test_one_percent_over_two_servers_goes_to_both() -> None:
    assert weights({7: 99, 9: 1}, {7: 2, 9: 2}, most=256) == {7: 99, 9: 1}
    assert weights({7: 99, 9: 1}, {7: 1, 9: 2}, most=256) == {7: 198, 9: 1}
    assert weights({}, {7: 1}, most=256) == {}
