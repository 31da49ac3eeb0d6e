from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mltui.tui.presentation.trend import metric_over_versions, sparkline
from tui.presentation.foreign import FIGURES, NASTY, UNHURRIED, WIDTHS, assert_harmless, plain


def test_a_sparkline_has_its_limits_beside_it() -> None:
    assert sparkline([1.0, 2.0, None, 8.0], width=40).plain == "▁▂·█ 1.000 … 8.000"


def test_a_sparkline_of_many_values_keeps_the_true_limits() -> None:
    text = sparkline([1.0] * 500 + [50.0] + [1.0] * 500, width=40).plain
    assert text.endswith(" 1.000 … 50.00")
    assert cell_len(text) == 40


def test_a_sparkline_without_values_says_so() -> None:
    assert sparkline([None, math.nan], width=40).plain == "· no figures"


@UNHURRIED
@given(st.lists(st.none() | FIGURES, max_size=200), st.integers(0, 60))
def test_a_sparkline_keeps_to_its_width(values: list[float | None], width: int) -> None:
    assert_harmless([sparkline(values, width=width)], width)


def test_newest_highest_and_lowest_are_told_in_figures() -> None:
    lines = plain(metric_over_versions([("v1", 0.8), ("v2", None), ("v3", 0.9), ("v4", 0.85)], width=60, height=10))
    assert len(lines) == 10
    assert lines[0].startswith("0.9000 ┤")
    assert lines[-2].split() == ["v1", "version", "v4"]
    assert lines[-1] == "● newest v4 0.8500  highest v3 0.9000  lowest v1 0.8000"
    assert "".join(lines[:-1]).count("●") == 3


def test_of_many_versions_the_last_ones_are_drawn_and_that_is_said() -> None:
    lines = plain(metric_over_versions([(f"v{each}", each / 2000) for each in range(1, 1001)], width=60, height=12))
    assert "the last 50 of 1,000 versions" in lines[-3]
    assert "lowest v1 5.000e-4" in lines[-1]


def test_versions_without_the_figure_are_no_picture() -> None:
    assert plain(metric_over_versions([("v1", None)], width=60, height=10)) == ["· no version has this figure"]


@UNHURRIED
@given(st.lists(st.tuples(NASTY, st.none() | FIGURES), max_size=150), WIDTHS, st.integers(1, 20))
def test_no_trend_leaves_its_frame(pairs: list[tuple[str, float | None]], width: int, height: int) -> None:
    lines = metric_over_versions(pairs, width=width, height=height)
    assert 1 <= len(lines) <= height
    assert_harmless(lines, width)
