from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.tui.presentation.figures import difference, figure, figures, milliseconds, percent, signed, size
from tui.presentation.foreign import FIGURES, UNHURRIED


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.8, "0.8000"), (0.01234, "0.01234"), (0.00012345, "1.234e-4"), (12.3, "12.30"), (999.96, "1,000"),
        (12345.6, "12,346"), (1.5e10, "1.500e10"), (-0.5, "-0.5000"), (0.0, "0.0000"), (12, "12"), (1200, "1,200"),
        (None, "–"), (math.nan, "–"), (math.inf, "∞"), (-math.inf, "-∞"),
    ],
)  # fmt: skip
def test_a_figure_has_four_significant_digits(value: float | None, shown: str) -> None:
    assert figure(value) == shown


@UNHURRIED
@given(st.floats(min_value=-1e8, max_value=1e8))
def test_a_figure_says_what_the_value_is(value: float) -> None:
    assert math.isclose(float(figure(value).replace(",", "")), value, rel_tol=6e-4, abs_tol=1e-300)


@UNHURRIED
@given(st.lists(FIGURES, max_size=8))
def test_figures_of_a_column_have_one_width(values: list[float]) -> None:
    assert len({len(text) for text in figures(values)}) <= 1


def test_figures_of_a_column_have_their_points_under_each_other() -> None:
    assert figures([0.8, 12.345, 7, None]) == [" 0.8000", "12.35  ", " 7     ", " –     "]


def test_shares_sizes_and_latencies_have_units() -> None:
    assert [percent(each) for each in (0.8123, 1.0, None, math.nan)] == ["81.2 %", "100.0 %", "–", "–"]
    assert [size(each) for each in (0, 1023, 1536, 3 * 1024**3, None)] == ["0 B", "1023 B", "1.5 KiB", "3.0 GiB", "–"]
    assert [milliseconds(each) for each in (0.417, 12.34, 1234.5, None)] == ["0.42 ms", "12.3 ms", "1,234 ms", "–"]


@pytest.mark.parametrize(
    ("candidate", "production", "higher_is_better", "shown", "style"),
    [
        (0.9, 0.8, True, "▲ +0.1000 better", "green"),
        (0.8, 0.9, True, "▼ -0.1000 worse", "red"),
        (0.9, 0.8, False, "▲ +0.1000 worse", "red"),
        (12.0, 30.0, False, "▼ -18.00 better", "green"),
        (0.9, 0.8, None, "▲ +0.1000 higher", ""),
        (0.8, 0.8, True, "= same", "dim"),
        (None, 0.8, True, "–", "dim"),
        (0.8, math.nan, True, "–", "dim"),
    ],
)
def test_a_difference_is_better_or_worse_by_direction(
    candidate: float | None, production: float | None, higher_is_better: bool | None, shown: str, style: str
) -> None:
    told = difference(candidate, production, higher_is_better=higher_is_better)
    assert (told.plain, told.style) == (shown, style)


@pytest.mark.parametrize(
    ("low", "high", "is_noise"), [(-0.01, 0.2, True), (0.0, 0.2, True), (0.01, 0.2, False), (-0.2, None, False)]
)
def test_a_difference_is_faint_when_its_interval_holds_nothing(low: float, high: float | None, is_noise: bool) -> None:
    told = difference(0.9, 0.8, higher_is_better=True, low=low, high=high)
    assert (told.style == "dim") is is_noise
    assert told.plain == ("▲ +0.1000 within noise" if is_noise else "▲ +0.1000 better")


def test_a_sign_is_always_told() -> None:
    assert [signed(each) for each in (0.5, -0.5, 0.0, 123.4, -1e-6, None)] == [
        "+0.5000", "-0.5000", "+0.0000", "+123.4", "-1.000e-6", "–",
    ]  # fmt: skip
