from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mltui.domain.groups import attributes_in, crossed

NAMES = st.text(st.sampled_from("a ×“”\n"), min_size=1, max_size=6)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_an_intersection_is_taken_apart_into_what_made_it(names: list[str]) -> None:
    assert attributes_in(crossed(names)) == tuple(names)


def test_what_makes_no_intersection_is_one_name() -> None:
    for name in ("", "lighting", "lighting × ", " × ", "“"):
        assert attributes_in(name) == (name,)
    assert attributes_in("lighting × camera") == ("lighting", "camera")
