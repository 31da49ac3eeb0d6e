"""One-sided tests of a new sample against an old one that ask for no distribution and for no large numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

_NEGLIGIBLE = 1e-12


def more_failures_p(failures: int, n: int, old_failures: int, old_n: int) -> float:
    """Chance of so many failures among `n`, were both samples of one kind: Fisher's exact test, one-sided, mid-p.

    Half of the chance of exactly this outcome is counted, as Lancaster (1961) has it: Fisher's whole p is far too
    careful for a few failures. 1 where the new sample has no larger part of failures than the old one.
    """
    if n == 0 or old_n == 0 or failures * old_n <= old_failures * n:
        return 1.0
    total, bad = n + old_n, failures + old_failures

    def chance(x: int) -> float:
        return math.exp(_log_choose(n, x) + _log_choose(old_n, bad - x) - _log_choose(total, bad))

    return _tail(chance, failures, min(bad, n)) - chance(failures) / 2


def more_above_p(above: int, n: int, rank: int, old_n: int) -> float:
    """Chance that so many of `n` exceed the old sample's `rank`-th largest value, were both of one distribution.

    The exceedance test (Gumbel and von Schelling 1950): exact for any continuous distribution. Ranks count from 1.
    """
    if above * (old_n + 1) <= n * rank:
        return 1.0

    def chance(x: int) -> float:
        ways = _log_choose(x + rank - 1, x) + _log_choose(old_n - rank + n - x, n - x)
        return math.exp(ways - _log_choose(n + old_n, n))

    return _tail(chance, above, n)


def _tail(chance: Callable[[int], float], start: int, end: int) -> float:
    """Sum from `start` to `end`; it lies beyond the mean, where each term is smaller than the one before."""
    total = 0.0
    for x in range(start, end + 1):
        term = chance(x)
        total += term
        if term <= total * _NEGLIGIBLE:
            break
    return min(1.0, total)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
