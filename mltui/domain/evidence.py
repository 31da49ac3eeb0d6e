"""How much speaks for a new version having more hits than the old one, looked at as often as anybody likes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mltui.domain.exact_tests import log_choose

ODDS = (2.0, 4.0, 8.0, 64.0)
"""How many times as likely a hit might be with the new version; a bet of the same size is on each."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The gain of four bets against "both are of one kind", one span of time after the other.

    A span's gain is the likelihood ratio of how its hits fell on the two, given how many there were: Fisher's
    noncentral hypergeometric distribution over the central one. While both are of one kind its mean is 1, whatever rate
    of hits the span has; so the product is a martingale, which ever reaches 1/alpha with a chance of alpha at most
    (Ville 1939; the mixture of odds is Robbins 1970). No look costs anything.
    """

    logs: tuple[float, ...] = (0.0,) * len(ODDS)
    """Logarithm of what each bet stands at."""

    def after(self, hits: int, n: int, old_hits: int, old_n: int) -> Evidence:
        """With one more span, which holds nothing that an earlier one had."""
        if not hits + old_hits or not n or not old_n:
            return self
        ratios = (_log_ratio(hits, n, old_hits, old_n, math.log(odds)) for odds in ODDS)
        return Evidence(tuple(log + ratio for log, ratio in zip(self.logs, ratios, strict=True)))

    def is_against(self, alpha: float) -> bool:
        return _log_sum(self.logs) - math.log(len(ODDS)) >= -math.log(alpha)


def _log_sum(logs: tuple[float, ...]) -> float:
    """Logarithm of the sum of what these are the logarithms of."""
    top = max(logs)
    return top + math.log(sum(math.exp(each - top) for each in logs))


def _log_ratio(hits: int, n: int, old_hits: int, old_n: int, log_odds: float) -> float:
    total = hits + old_hits
    possible = range(max(0, total - old_n), min(n, total) + 1)
    ways = tuple(log_choose(n, x) + log_choose(old_n, total - x) for x in possible)
    tilted = tuple(way + x * log_odds for way, x in zip(ways, possible, strict=True))
    return hits * log_odds + _log_sum(ways) - _log_sum(tilted)
