from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from mltui.analysis.intervals import Z, interval_of_mean, mcnemar_p, paired_shares, quantile, wilson


@settings(deadline=None)
@given(n=st.integers(1, 5000), share=st.floats(0, 1))
def test_wilson_is_the_interval_of_scipy(n: int, share: float) -> None:
    successes = round(n * share)
    reference = binomtest(successes, n).proportion_ci(method="wilson")
    low, high = wilson(successes, n)
    assert float(low) == pytest.approx(reference.low, abs=1e-9)
    assert float(high) == pytest.approx(reference.high, abs=1e-9)


def test_wilson_ends_exactly_at_0_and_at_1() -> None:
    assert float(wilson(0, 7)[0]) == 0.0
    assert float(wilson(7, 7)[1]) == 1.0


@settings(deadline=None)
@given(fixed=st.integers(0, 400), broken=st.integers(0, 400))
def test_mcnemar_is_the_exact_binomial_test(fixed: int, broken: int) -> None:
    reference = binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1.0
    assert mcnemar_p(fixed, broken) == pytest.approx(reference, abs=1e-9)


def test_mcnemar_takes_a_hundred_thousand_changes() -> None:
    assert mcnemar_p(50_000, 50_400) == pytest.approx(binomtest(50_000, 100_400).pvalue, rel=1e-6)


@settings(deadline=None)
@given(n=st.integers(1, 2000), gained=st.floats(0, 1), lost=st.floats(0, 1))
def test_the_interval_of_a_paired_difference_holds_the_difference(n: int, gained: float, lost: float) -> None:
    up = round(n * gained)
    down = round((n - up) * lost)
    low, high = paired_shares(up, down, n)
    assert -1 <= float(low) <= (up - down) / n <= float(high) <= 1
    assert low < high


def test_the_paired_interval_covers_the_true_difference_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(5)
    up, down, same = rng.multinomial(120, [0.08, 0.05, 0.87], size=20_000).T
    low, high = paired_shares(up, down, up + down + same)
    assert 0.94 < ((low <= 0.03) & (high >= 0.03)).mean() < 0.98


def test_the_interval_of_a_mean_of_shares_covers_it_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(6)
    shares, rows = np.array([0.95, 0.7, 0.5]), np.array([40, 60, 25])
    successes = rng.binomial(rows, shares, size=(20_000, 3))
    low, high = interval_of_mean(successes / rows, *wilson(successes, rows))
    assert 0.94 < ((low <= shares.mean()) & (high >= shares.mean())).mean() < 0.97


def test_more_comparisons_widen_the_interval() -> None:
    assert pytest.approx(1.959964, abs=1e-6) == Z
    assert quantile(comparisons=5) == pytest.approx(norm.ppf(1 - 0.05 / 10))
    assert math.isfinite(quantile(comparisons=10_000))
