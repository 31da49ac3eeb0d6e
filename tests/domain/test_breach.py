"""Two versions that answer side by side: how often the new one is called worse when it is not, and when it is."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.domain.breach import ANOTHER_TIME, FAILURES_ALPHA, SAME_TIME, compare_windows
from mltui.domain.checks import Verdict
from mltui.domain.exact_tests import more_hits_p
from mltui.domain.traffic_window import TrafficWindow
from mltui.serving.metrics import BOUNDS as SERVER_BOUNDS

BOUNDS = tuple(1000 * seconds for seconds in SERVER_BOUNDS)
OLD = (200, 600)
"""Requests of the old version while the new one has 200: at 50 and at 25 %."""
TRIALS = 400


def window(latencies: Sequence[float] = (), *, requests: int | None = None, failures: int = 0) -> TrafficWindow:
    classes = [0] * (len(BOUNDS) + 1)
    for each in latencies:
        classes[bisect_left(BOUNDS, each)] += 1
    return TrafficWindow(len(latencies) if requests is None else requests, failures, 300.0, BOUNDS, tuple(classes))


def judged(new: TrafficWindow, old: TrafficWindow) -> Verdict:
    return compare_windows(new, old, least_requests=50, slack=SAME_TIME).verdict


@cache
def _binomial(n: int, rate: float) -> tuple[float, ...]:
    def chance(x: int) -> float:
        choose = math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(n - x + 1)
        return math.exp(choose + x * math.log(rate) + (n - x) * math.log1p(-rate))

    return tuple(chance(x) for x in range(n + 1))


def _is_breach(n: int, old_failures: int, old_n: int, failures: int) -> bool:
    return more_hits_p(failures, n, old_failures, old_n) <= FAILURES_ALPHA


def breached(rate: float, old_rate: float, *, n: int, old_n: int) -> float:
    """Chance that 5xx alone make a breach, summed over every outcome that is not negligible."""
    found = 0.0
    for old_failures, old_chance in enumerate(_binomial(old_n, old_rate)):
        if old_chance < 1e-7:
            continue
        limit = bisect_left(range(n + 1), True, key=partial(_is_breach, n, old_failures, old_n))
        found += old_chance * sum(_binomial(n, rate)[limit:])
    return found


@pytest.mark.parametrize("rate", [0.0005, 0.005, 0.02, 0.1])
@pytest.mark.parametrize("old_n", OLD)
def test_equal_failures_are_a_breach_in_less_than_one_of_a_hundred(rate: float, old_n: int) -> None:
    assert breached(rate, rate, n=200, old_n=old_n) <= 0.008


@pytest.mark.parametrize("old_n", OLD)
def test_one_failure_in_twenty_is_a_breach_in_nine_of_ten(old_n: int) -> None:
    assert breached(0.05, 0.0001, n=200, old_n=old_n) >= 0.9


def called_worse(old_n: int, draw: Callable[[random.Random], float], *, times: float) -> float:
    """Part of the trials in which a new version whose answers take so many times as long is a breach."""
    source, found = random.Random(old_n), 0
    for _ in range(TRIALS):
        new, old = (window([factor * draw(source) for _ in range(n)]) for factor, n in ((times, 200), (1, old_n)))
        found += judged(new, old) is Verdict.FAILED
    return found / TRIALS


def lognormal(source: random.Random) -> float:
    return source.lognormvariate(math.log(20), 0.5)


def exponential(source: random.Random) -> float:
    return source.expovariate(1 / 20)


def two_kinds(source: random.Random) -> float:
    """Most pictures are small, one of ten is large."""
    return source.gauss(12, 1) if source.random() < 0.9 else source.gauss(60, 6)


@pytest.mark.parametrize("draw", [lognormal, exponential, two_kinds])
@pytest.mark.parametrize("old_n", OLD)
def test_equal_latencies_are_a_breach_in_less_than_one_of_a_hundred(
    old_n: int, draw: Callable[[random.Random], float]
) -> None:
    assert called_worse(old_n, draw, times=1) <= 0.0025


@pytest.mark.parametrize("draw", [lognormal, exponential, two_kinds])
@pytest.mark.parametrize("old_n", OLD)
def test_a_doubled_p95_is_a_breach_in_nine_of_ten(draw: Callable[[random.Random], float], old_n: int) -> None:
    assert called_worse(old_n, draw, times=2) >= 0.9


def test_a_few_slow_requests_move_nothing() -> None:
    usual = [10.0] * 600
    assert judged(window([10.0] * 199 + [9000.0]), window(usual)) is Verdict.PASSED
    assert judged(window([10.0] * 195 + [9000.0] * 5), window(usual)) is Verdict.PASSED


def test_a_fraction_of_a_millisecond_more_is_no_breach() -> None:
    assert judged(window([2.0] * 200), window([0.5] * 200)) is Verdict.PASSED
    assert judged(window([12.0] * 200), window([0.5] * 200)) is Verdict.FAILED


@pytest.mark.parametrize(("new", "old"), [(49, 900), (900, 19), (0, 0)])
def test_too_few_requests_decide_nothing_however_many_fail(new: int, old: int) -> None:
    found = compare_windows(
        window(requests=new, failures=new), window(requests=old), least_requests=50, slack=SAME_TIME
    )
    assert found.verdict is Verdict.INCONCLUSIVE
    assert f"{min(new, old) if new >= 50 else new} of " in found.sentence


def test_the_sentence_has_both_figures() -> None:
    found = compare_windows(
        window(requests=200, failures=12), window(requests=600, failures=1), least_requests=50, slack=SAME_TIME
    )
    assert (found.verdict, found.sentence) == (
        Verdict.FAILED, "5xx for 12 of 200 requests, the old version for 1 of 600 requests"
    )  # fmt: skip
    slow = compare_windows(window([50.0] * 80), window([10.0] * 80), least_requests=50, slack=SAME_TIME)
    assert slow.sentence == "p95 53.8 ms over 80 answers, the old version's 11.3 ms"


def test_what_was_measured_at_another_time_has_more_slack_and_a_moment_says_nothing_of_latency() -> None:
    new, old = window([70.0] * 200), window([40.0] * 200)
    assert judged(new, old) is Verdict.FAILED
    assert judged(replace(new, seconds=4.0), old) is Verdict.PASSED
    assert compare_windows(new, old, least_requests=50, slack=ANOTHER_TIME).verdict is Verdict.PASSED
    late = window([200.0] * 200)
    assert compare_windows(late, old, least_requests=50, slack=ANOTHER_TIME).verdict is Verdict.FAILED
    assert (
        compare_windows(replace(late, seconds=2.0), old, least_requests=50, slack=ANOTHER_TIME).verdict
        is Verdict.PASSED
    )


def test_answers_beyond_the_last_class_have_no_p95_and_are_above_every_bound() -> None:
    beyond = window([1e9] * 100)
    assert beyond.p95_ms() is None
    assert beyond.above(1.0) == 100
    assert judged(beyond, window([10.0] * 100)) is Verdict.FAILED
    assert judged(window([10.0] * 100), beyond) is Verdict.PASSED


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_test_gives_a_chance_that_falls_with_what_it_counts(n: int, old_n: int, bad: int, old_bad: int) -> None:
    bad, old_bad = min(bad, n), min(old_bad, old_n)
    p = more_hits_p(bad, n, old_bad, old_n)
    assert 0 <= p <= 1
    assert bad == n or more_hits_p(bad + 1, n, old_bad, old_n) <= p


def test_a_known_value() -> None:
    """3 of 4 against 1 of 4 (Fisher's tea, 1935): 17/70, of which half of 16/70 counts."""
    assert more_hits_p(3, 4, 1, 4) == pytest.approx(17 / 70 - 8 / 70)
