from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mltui.tui.presentation.plot import Scale, braille, thinned
from tui.presentation.foreign import FIGURES, UNHURRIED

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@UNHURRIED
@given(st.lists(FINITE, min_size=2, max_size=20), st.integers(1, 200))
def test_a_scale_is_monotone_and_keeps_to_its_steps(values: list[float], steps: int) -> None:
    scale = Scale.over(values, steps)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert 0 <= places[0] <= places[-1] < steps


def test_equal_values_lie_in_the_middle_however_large() -> None:
    assert [Scale.over([value, value], 3).at(value) for value in (0.0, -7.5, 5e-324)] == [1, 1, 1]
    assert 0 <= Scale.over([-1.7e308], 3).at(-1.7e308) < 3


def test_the_limits_lie_at_the_ends() -> None:
    scale = Scale.over([2.0, None, 6.0], 5)
    assert [scale.at(value) for value in (2.0, 4.0, 6.0, 99.0, -99.0)] == [0, 2, 4, 4, 0]


@UNHURRIED
@given(st.lists(FIGURES, min_size=1, max_size=100), st.integers(1, 30))
def test_thinning_keeps_to_its_count_and_within_the_limits(values: list[float], count: int) -> None:
    found = thinned(values, count)
    assert len(found) == min(len(values), count)
    known = [value for value in values if abs(value) < 1e300]
    if len(known) == len(values):
        least = min(known) - 1e-6 * abs(min(known)) - 1e-300
        assert all(least <= each for each in found if each is not None)


def test_a_braille_line_joins_its_points_and_leaves_gaps() -> None:
    assert braille([(0, 0), (7, 3)], columns=4, rows=1) == [["⠉", "⠒", "⠤", "⣀"]]
    assert braille([(0, 0), None, (7, 3)], columns=4, rows=1) == [["⠁", " ", " ", "⢀"]]
