"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from mltui.domain.delivery import LONGEST_PAUSE_SECONDS, PATIENCE_SECONDS, Delivery, DeliveryState, afresh, tried

START = datetime(2026, 11, 23, tzinfo=UTC)
NEW = Delivery(1, "pager", 7, DeliveryState.PENDING, START, START)


def failing(delivery: Delivery, *, start: datetime) -> list[float]:
    """Seconds after `start` at which it is tried until it is given up."""
    at, found = start, []
    while delivery.is_pending:
        found.append((at - start).total_seconds())
        delivery = tried(delivery, is_delivered=False, outcome="no", now=at)
        at = delivery.due_at
    assert delivery.state is DeliveryState.GIVEN_UP
    return found


def test_what_fails_is_tried_again_after_growing_pauses_and_given_up_after_a_while() -> None:
    times = failing(NEW, start=START)
    assert times[:4] == [0, 2, 6, 14]
    assert max(later - before for before, later in pairwise(times)) == LONGEST_PAUSE_SECONDS
    assert PATIENCE_SECONDS < times[-1] <= PATIENCE_SECONDS + LONGEST_PAUSE_SECONDS


def test_what_waited_for_its_turn_for_long_is_still_tried_three_times() -> None:
    assert failing(NEW, start=START + timedelta(hours=5)) == [0, 2, 6]


def test_what_arrived_is_tried_no_more_and_what_was_given_up_can_begin_afresh() -> None:
    arrived = tried(NEW, is_delivered=True, outcome="done", now=START)
    assert (arrived.state, arrived.attempts, arrived.outcome) == (DeliveryState.DELIVERED, 1, "done")
    later = START + timedelta(days=1)
    again = afresh(arrived, now=later)
    assert (again.state, again.attempts, again.due_at, again.taken_up_at) == (DeliveryState.PENDING, 0, later, later)
