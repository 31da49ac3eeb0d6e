"""Counts of a span of time, from two readings of counters that only grow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mltui.domain.tally import Tally, together

_counts = st.integers(0, 1000)
_tallies = st.builds(
    Tally, _counts, _counts, _counts, st.dictionaries(st.sampled_from(["0.001", "0.01", "+Inf"]), _counts)
)


@given(_tallies, _tallies)
def test_what_came_after_a_reading_is_the_difference(before: Tally, more: Tally) -> None:
    window = together([before, more]).since(before)
    assert (window.answered, window.refused, window.failed) == (more.answered, more.refused, more.failed)
    assert {bound: count for bound, count in window.latency.items() if count} == {
        bound: count for bound, count in more.latency.items() if count
    }
    assert window.requests == more.answered + more.refused + more.failed


def test_what_began_anew_counts_from_there_on() -> None:
    before = Tally(100, 2, 1, {"0.01": 90, "+Inf": 10})
    assert Tally(40, 2, 1, {"0.01": 100, "+Inf": 12}).since(before) == Tally(40, 2, 1, {"0.01": 10, "+Inf": 2})
    assert Tally(140, 2, 1, {"0.01": 5}).since(before) == Tally(40, 0, 0, {"0.01": 5})
