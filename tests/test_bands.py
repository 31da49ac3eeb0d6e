from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.bands import MISSING, Banding, bands, in_order, number_of, quantile_edges

FINITE = st.floats(-1e6, 1e6)


def test_bands_say_where_they_begin_and_end() -> None:
    assert bands([25, 40, 60], is_whole=True).names == ("<25", "25–39", "40–59", "≥60")
    assert bands([25, 40], is_whole=False).names == ("<25", "25 to <40", "≥40")
    assert bands([-3, -2, 0.5], is_whole=True).names == ("<-3", "-3 to <-2", "-2 to <0.5", "≥0.5")
    assert bands([1, 2], is_whole=True).names == ("<1", "1", "≥2")


@pytest.mark.parametrize(
    ("cell", "band"),
    [("24", "<25"), ("25", "25–39"), ("39", "25–39"), ("4e1", "≥40"), ("", MISSING), (" NaN ", MISSING)],
)
def test_a_number_on_an_edge_is_in_the_band_above_and_what_is_missing_has_its_own(cell: str, band: str) -> None:
    assert bands([25, 40], is_whole=True).name_of(number_of(cell)) == band


@pytest.mark.parametrize("cell", ["abc", "1_000", "inf", "-Infinity", "12 years"])
def test_what_is_no_finite_number_has_no_band(cell: str) -> None:
    assert number_of(cell) is None


@given(st.lists(FINITE, min_size=2, max_size=60), st.integers(2, 8))
def test_quantiles_leave_no_band_empty_and_are_those_of_numpy(values: list[float], count: int) -> None:
    edges = quantile_edges(values, count)
    assert list(edges) == sorted(set(edges))
    if edges:
        made = bands(edges, is_whole=False)
        sizes = Counter(made.name_of(value) for value in values)
        assert set(sizes) == set(made.names)
        assert min(sizes.values()) >= len(values) / count / 4
    wanted = np.quantile(values, np.arange(1, count) / count)
    assert all(np.isclose(wanted, edge, rtol=1e-3, atol=1e-9).any() for edge in edges)


def test_where_nearly_all_have_one_value_there_is_no_band_for_the_few_others() -> None:
    assert quantile_edges([307200] * 95 + [1000] * 5, 3) == ()
    assert quantile_edges([307200] * 100, 3) == ()
    assert quantile_edges([1000] * 20 + [307200] * 80, 3) == (307200,), "a fifth is a band"
    assert quantile_edges([1] * 45 + [2] * 5 + [3] * 50, 4) == (2.5,)


def test_bands_stand_in_their_order_and_all_else_in_the_alphabets() -> None:
    names = [*bands([-5, 0.5, 25, 100], is_whole=False).names, MISSING]
    assert in_order(names[::-1]) == names
    worded = ["dark (<63.2)", "medium (63.2 to <120)", "bright (≥120)"]
    assert in_order(worded[::-1]) == worded
    assert in_order({"10", "9", "missing"}) == ["9", "10", "missing"]
    assert in_order({"b", "<25", "a"}) == ["<25", "a", "b"]
    assert in_order({"1.2.3", "1.2"}) == ["1.2", "1.2.3"]


@pytest.mark.parametrize(
    ("banding", "problem"),
    [
        (Banding(), "needs edges or quantiles"),
        (Banding((1.0,), 3), "needs edges or quantiles"),
        (Banding((2.0, 1.0)), r"edges = \[2, 1\] do not rise"),
        (Banding((1.0, 1.0)), "do not rise"),
        (Banding((math.nan,)), "do not rise"),
        (Banding(quantiles=1), "quantiles = 1"),
        (Banding(tuple(map(float, range(20)))), "there are 20"),
    ],
)
def test_edges_that_make_no_bands_are_told(banding: Banding, problem: str) -> None:
    assert banding.problem is not None
    assert re.search(problem, banding.problem[0])
