"""A one-sided test of a new sample against an old one that asks for no distribution and for no large numbers."""

from __future__ import annotations

import math

_NEGLIGIBLE = 1e-12


def more_hits_p(hits: int, n: int, old_hits: int, old_n: int) -> float:
    """Chance of so many hits among `n`, were both samples of one kind: Fisher's exact test, one-sided, mid-p.

    Half of the chance of exactly this outcome is counted, as Lancaster (1961) has it: Fisher's whole p is far too
    careful for a few hits. 1 where the new sample has no larger part of hits than the old one.
    """
    if n == 0 or old_n == 0 or hits * old_n <= old_hits * n:
        return 1.0
    total, bad = n + old_n, hits + old_hits

    def chance(x: int) -> float:
        return math.exp(log_choose(n, x) + log_choose(old_n, bad - x) - log_choose(total, bad))

    found = -chance(hits) / 2
    for x in range(hits, min(bad, n) + 1):
        term = chance(x)
        found += term
        if term <= found * _NEGLIGIBLE:  # beyond the mean, where each is smaller than the one before
            break
    return min(1.0, found)


def log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
