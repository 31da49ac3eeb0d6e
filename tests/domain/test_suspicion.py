"""A whole release, looked at all the time: how often an equal version is called worse, and how soon a bad one is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from numpy.random import Generator

from mltui.domain.breach import ANOTHER_TIME, SAME_TIME, compare_windows
from mltui.domain.checks import Verdict
from mltui.domain.evidence import Evidence
from mltui.domain.suspicion import PART_OF_END, Suspicion, look_of, part_of_look, part_of_step
from mltui.domain.traffic_window import TrafficWindow
from mltui.serving.metrics import BOUNDS as SERVER_BOUNDS

BOUNDS = np.array([1000 * seconds for seconds in SERVER_BOUNDS])
STEPS = (5, 25, 50)
REQUESTS = 200
"""Of the new version in each step, and in the bake."""
LOOKS = 12
LEAST = 50
RELEASES = 200

Draw = Callable[[Generator, int], "np.typing.NDArray[np.float64]"]


def lognormal(source: Generator, n: int) -> np.typing.NDArray[np.float64]:
    return source.lognormal(math.log(20), 0.5, n)


def exponential(source: Generator, n: int) -> np.typing.NDArray[np.float64]:
    return source.exponential(20, n)


@dataclass(frozen=True)
class Kind:
    """How a version answers."""

    failing: float
    draw: Draw = lognormal
    times: float = 1.0

    def windows(self, source: Generator, requests: int) -> list[TrafficWindow]:
        """What it has answered at each look."""
        fails = source.random(requests) < self.failing
        classes = np.searchsorted(BOUNDS, self.times * self.draw(source, requests))
        return [self._window(fails[:end], classes[:end]) for end in np.linspace(0, requests, LOOKS + 1).astype(int)]

    @staticmethod
    def _window(fails: np.typing.NDArray[np.bool_], classes: np.typing.NDArray[np.intp]) -> TrafficWindow:
        counts = np.bincount(classes, minlength=len(BOUNDS) + 1)
        return TrafficWindow(len(fails), int(fails.sum()), 300.0, tuple(BOUNDS), tuple(counts.tolist()))


def between(earlier: TrafficWindow, later: TrafficWindow) -> TrafficWindow:
    counts = tuple(b - a for a, b in zip(earlier.latencies, later.latencies, strict=True))
    return TrafficWindow(
        later.requests - earlier.requests, later.failures - earlier.failures, 15.0, later.bounds_ms, counts
    )


def requests_until_breach_in_step(source: Generator, new: Kind, old: Kind, percent: int) -> int | None:
    """Of the new version, as a step goes."""
    windows = [new.windows(source, REQUESTS), old.windows(source, REQUESTS * (100 - percent) // percent)]
    suspicion = Suspicion()
    for (last, last_old), (now, now_old) in pairwise(zip(*windows, strict=True)):
        suspicion = suspicion.after(between(last, now), between(last_old, now_old), usual=last_old)
        if now.requests >= LEAST and suspicion.reason(now, now_old, steps=len(STEPS)):
            return now.requests
    found = compare_windows(now, now_old, least_requests=LEAST, slack=SAME_TIME, part=part_of_step(len(STEPS)))
    return REQUESTS if found.verdict is Verdict.FAILED else None


def requests_until_breach_in_bake(source: Generator, new: Kind, old: Kind) -> int | None:
    before, looks = old.windows(source, 2 * REQUESTS)[-1], 0
    for now in new.windows(source, REQUESTS):
        look = look_of(now.requests, LEAST)
        parts = [part_of_look(look)] if look >= looks else []
        looks = max(looks, look + 1)
        for part in (*parts, *([PART_OF_END] if now.requests == REQUESTS else [])):
            found = compare_windows(now, before, least_requests=LEAST, slack=ANOTHER_TIME, part=part)
            if found.verdict is Verdict.FAILED:
                return now.requests
    return None


def is_called_worse(source: Generator, new: Kind, old: Kind) -> bool:
    """At any look of a release with three steps and a bake."""
    return (
        any(requests_until_breach_in_step(source, new, old, percent) for percent in STEPS)
        or requests_until_breach_in_bake(source, new, old) is not None
    )


@pytest.mark.parametrize("kind", [Kind(0.005), Kind(0.02, exponential), Kind(0.1)])
def test_an_equal_version_is_called_worse_in_less_than_one_of_twenty_releases(kind: Kind) -> None:
    source = np.random.default_rng(5)
    assert sum(is_called_worse(source, kind, kind) for _ in range(RELEASES)) / RELEASES <= 0.05


@pytest.mark.parametrize(
    ("new", "within"),
    [
        (Kind(0.5), 60),
        (Kind(0.2), 120),
        (Kind(0.05), REQUESTS),
        (Kind(0.0, lognormal, 2), REQUESTS),
        (Kind(0.0, exponential, 2), REQUESTS),
    ],
)
@pytest.mark.parametrize("percent", [5, 50])
def test_a_worse_version_is_found_within_its_first_step_in_nine_of_ten_and_a_bad_one_long_before(
    new: Kind, within: int, percent: int
) -> None:
    source, old = np.random.default_rng(6), Kind(0.0001, new.draw)
    found = [requests_until_breach_in_step(source, new, old, percent) for _ in range(RELEASES)]
    assert sum(at is not None and at <= within for at in found) / RELEASES >= 0.9


def test_a_bad_version_is_found_in_the_bake_as_soon_as_it_had_the_least_requests() -> None:
    source = np.random.default_rng(7)
    assert requests_until_breach_in_bake(source, Kind(0.5), Kind(0.001)) == LEAST


def test_what_turns_bad_after_hours_without_a_failure_is_against_it_after_a_dozen_failures() -> None:
    evidence = Evidence()
    for _ in range(10_000):
        evidence = evidence.after(0, 100, 0, 100)
    for _ in range(6):
        evidence = evidence.after(2, 100, 0, 100)
    assert evidence.is_against(0.008 / 3)
    assert not Evidence().after(10, 100, 10, 100).is_against(0.05)


def test_the_mean_gain_of_a_span_is_one_while_both_are_of_one_kind() -> None:
    """Over every way in which 7 failures can fall on 30 and 50 requests."""
    ways = [math.comb(30, x) * math.comb(50, 7 - x) for x in range(8)]
    gains = [sum(math.exp(log) for log in Evidence().after(x, 30, 7 - x, 50).logs) / 4 for x in range(8)]
    assert sum(way * gain for way, gain in zip(ways, gains, strict=True)) / sum(ways) == pytest.approx(1)


def test_the_looks_at_a_bake_and_its_end_spend_no_more_than_there_is() -> None:
    assert PART_OF_END + sum(part_of_look(look) for look in range(10_000)) <= 1
    assert [look_of(requests, 50) for requests in (0, 49, 50, 74, 75, 113)] == [-1, -1, 0, 0, 1, 2]
