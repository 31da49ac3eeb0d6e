"""Whether a new version answers its callers worse than the old one: two windows, a verdict and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.domain.checks import Verdict
from mltui.domain.exact_tests import more_hits_p
from mltui.domain.traffic_window import TrafficWindow

FAILURES_ALPHA = 0.0078
"""How often a version with as many failures as the old one is called worse by one comparison, at most."""
SLOWNESS_ALPHA = 0.005
"""The same for one that is slower by the whole slack; one that is just as fast is all but never called slower."""
UPPER_SHARES = (0.05, 0.1, 0.2, 0.5)
"""Parts of all answers, the slowest, in which the new version's are counted; each has its part of the alpha."""
LEAST_OLD = 20
"""Requests of the old version below which it has no 95th percentile."""


@dataclass(frozen=True, slots=True)
class Slack:
    """How much slower than the old version may be before it counts."""

    factor: float
    milliseconds: float
    """At least this much slower, too: what is a fraction of nothing matters to nobody."""
    least_seconds: float
    """In a shorter window a stall of the machine says more than the version: then latencies are not compared."""

    def beyond(self, milliseconds: float) -> float:
        return max(milliseconds * self.factor, milliseconds + self.milliseconds)


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


def compare_windows(
    new: TrafficWindow, old: TrafficWindow, *, least_requests: int, slack: Slack, part: float = 1.0
) -> Comparison:
    """failed: significantly more 5xx, or a significantly later 95th percentile; inconclusive: too few requests.

    `part` is what this comparison may spend of the alphas, where it is one of several.
    """
    verdict, sentence = _too_few(new, old, least_requests), ""
    if verdict:
        return Comparison(Verdict.INCONCLUSIVE, verdict, new.requests, least_requests)
    if more_hits_p(new.failures, new.requests, old.failures, old.requests) <= part * FAILURES_ALPHA:
        sentence = failing(new, old)
    elif _is_slower(new, old, slack, part * SLOWNESS_ALPHA):
        sentence = late(new, old)
    if sentence:
        return Comparison(Verdict.FAILED, sentence, new.requests, least_requests)
    sentence = f"{new.requests} requests, {new.failures} with 5xx{_latency(new, old)}"
    return Comparison(Verdict.PASSED, sentence, new.requests, least_requests)


def _too_few(new: TrafficWindow, old: TrafficWindow, least: int) -> str:
    if new.requests < least:
        return f"{new.requests} of {least} requests"
    if old.requests < LEAST_OLD:
        return f"the old version had {old.requests} of {LEAST_OLD} requests to compare with"
    return ""


def is_p95_beyond(new: TrafficWindow, old: TrafficWindow, slack: Slack) -> bool:
    """Of the figures themselves, however few they are; false where they say nothing."""
    usual, found = old.p95_ms(), new.p95_ms()
    if usual is None or not new.timed or old.timed < LEAST_OLD:
        return False
    return min(new.seconds, old.seconds) >= slack.least_seconds and (found is None or found > slack.beyond(usual))


def _is_slower(new: TrafficWindow, old: TrafficWindow, slack: Slack, alpha: float) -> bool:
    return is_p95_beyond(new, old, slack) and any(
        _more_among_slowest_p(new, old, slack, share) <= alpha / len(UPPER_SHARES) for share in UPPER_SHARES
    )


def _more_among_slowest_p(new: TrafficWindow, old: TrafficWindow, slack: Slack, share: float) -> float:
    """Chance that so many of the slowest `share` of all answers are the new version's, were it slower by the slack.

    Mood's (1950) median test at another quantile, with the new version's answers made faster by the slack beforehand:
    the bound comes from both samples together and knows nothing of who answered, so that Fisher's test there is exact.
    """
    for bound in old.bounds_ms:
        slow, old_slow = new.above(slack.beyond(bound)), old.above(bound)
        if slow + old_slow <= share * (new.timed + old.timed):
            return more_hits_p(slow, new.timed, old_slow, old.timed)
    return 1.0


def failing(new: TrafficWindow, old: TrafficWindow) -> str:
    return f"5xx for {_share(new)}, the old version for {_share(old)}"


def late(new: TrafficWindow, old: TrafficWindow) -> str:
    found, usual = _milliseconds(new.p95_ms()), _milliseconds(old.p95_ms())
    return f"p95 {found} over {new.timed} answers, the old version's {usual}"


def _latency(new: TrafficWindow, old: TrafficWindow) -> str:
    if not new.timed or not old.timed:
        return ""
    return f", p95 {_milliseconds(new.p95_ms())} against {_milliseconds(old.p95_ms())}"


def _milliseconds(value: float | None) -> str:
    return "beyond measure" if value is None else f"{value:.3g} ms"


def _share(window: TrafficWindow) -> str:
    return f"{window.failures} of {window.requests} requests"
