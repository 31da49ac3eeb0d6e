"""What one version answered to its callers in one span of time."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from mltui.domain.tally import Tally


@dataclass(frozen=True, slots=True)
class TrafficWindow:
    """Requests that came through the gateway, and how long the server took for them."""

    requests: int
    failures: int
    """Answers with 5xx, among `requests`."""
    seconds: float
    """Length of the span."""
    bounds_ms: tuple[float, ...] = ()
    """Upper bounds of the latencies' classes, rising; empty where no latency is known."""
    latencies: tuple[int, ...] = ()
    """Answers in each class, and after them those above the last bound."""

    @classmethod
    def of(cls, tally: Tally, *, seconds: float) -> TrafficWindow:
        classes = sorted((float(bound), count) for bound, count in tally.latency.items())
        bounds = tuple(1000 * bound for bound, _ in classes if bound < math.inf)
        return cls(tally.requests, tally.failed, seconds, bounds, tuple(count for _, count in classes))

    @property
    def timed(self) -> int:
        return sum(self.latencies)

    def p95_ms(self) -> float | None:
        """Upper bound of the class that holds the 95th percentile; None where none is known or it has no bound."""
        wanted, found = self.timed // 20 + 1, 0
        for index in range(len(self.latencies) - 1, -1, -1):
            found += self.latencies[index]
            if found >= wanted:
                return self.bounds_ms[index] if index < len(self.bounds_ms) else None
        return None

    def above(self, bound_ms: float) -> int:
        """How many took longer than the first bound that is no smaller than this one."""
        return sum(self.latencies[bisect_left(self.bounds_ms, bound_ms) + 1 :])
