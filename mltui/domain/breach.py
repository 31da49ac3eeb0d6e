"""Whether a new version answers its callers worse than the old one: two windows, a verdict and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.domain.checks import Verdict
from mltui.domain.exact_tests import more_above_p, more_failures_p
from mltui.domain.traffic_window import TrafficWindow

FAILURES_ALPHA = 0.0078
"""How often a version with as many failures as the old one is called worse, at most."""
SLOWNESS_ALPHA = 0.002
"""The same for one that is slower by the whole slack; one that is just as fast is all but never called slower."""
LEAST_OLD = 20
"""Requests of the old version below which it has no 95th percentile."""


@dataclass(frozen=True, slots=True)
class Slack:
    """How much slower than the old version's 95th percentile may be before it counts."""

    factor: float
    milliseconds: float
    """At least this much slower, too: what is a fraction of nothing matters to nobody."""
    least_seconds: float
    """In a shorter window a stall of the machine says more than the version: then latencies are not compared."""


SAME_TIME = Slack(factor=1.15, milliseconds=5.0, least_seconds=5.0)
"""Both answered side by side, on one machine with one load."""
ANOTHER_TIME = Slack(factor=2.0, milliseconds=50.0, least_seconds=10.0)
"""The old one answered before the new one: load and machine may have changed in between."""


@dataclass(frozen=True, slots=True)
class Comparison:
    verdict: Verdict
    sentence: str
    requests: int
    """Of the new version."""
    least_requests: int


def compare_windows(new: TrafficWindow, old: TrafficWindow, *, least_requests: int, slack: Slack) -> Comparison:
    """failed: significantly more 5xx, or a significantly later 95th percentile; inconclusive: too few requests."""
    verdict, sentence = _judged(new, old, least_requests, slack)
    return Comparison(verdict, sentence, new.requests, least_requests)


def _judged(new: TrafficWindow, old: TrafficWindow, least: int, slack: Slack) -> tuple[Verdict, str]:
    if new.requests < least:
        return Verdict.INCONCLUSIVE, f"{new.requests} of {least} requests"
    if old.requests < LEAST_OLD:
        return Verdict.INCONCLUSIVE, f"the old version had {old.requests} of {LEAST_OLD} requests to compare with"
    if more_failures_p(new.failures, new.requests, old.failures, old.requests) <= FAILURES_ALPHA:
        return Verdict.FAILED, f"5xx for {_share(new)}, the old version for {_share(old)}"
    late = _lateness(new, old, slack)
    if late:
        return Verdict.FAILED, late
    return Verdict.PASSED, f"{new.requests} requests, {new.failures} with 5xx{_latency(new, old)}"


def _lateness(new: TrafficWindow, old: TrafficWindow, slack: Slack) -> str:
    """Why it is significantly slower; empty where it is not."""
    usual = old.p95_ms()
    if usual is None or old.timed < LEAST_OLD or min(new.seconds, old.seconds) < slack.least_seconds:
        return ""
    above = new.above(max(usual * slack.factor, usual + slack.milliseconds))
    if more_above_p(above, new.timed, old.rank_of_p95(), old.timed) > SLOWNESS_ALPHA:
        return ""
    return f"p95 {_milliseconds(new.p95_ms())} over {new.timed} answers, the old version's {usual:.3g} ms"


def _latency(new: TrafficWindow, old: TrafficWindow) -> str:
    if not new.timed or not old.timed:
        return ""
    return f", p95 {_milliseconds(new.p95_ms())} against {_milliseconds(old.p95_ms())}"


def _milliseconds(value: float | None) -> str:
    return "beyond measure" if value is None else f"{value:.3g} ms"


def _share(window: TrafficWindow) -> str:
    return f"{window.failures} of {window.requests} requests"
