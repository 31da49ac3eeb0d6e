"""What a server, or several of one version, have answered in a span of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts that only grow while what is counted lives; the difference of two is a window."""

    answered: int = 0
    """With 2xx."""
    refused: int = 0
    """With 4xx: the caller's fault."""
    failed: int = 0
    """With 5xx, or broken off."""
    latency: Mapping[str, int] = field(default_factory=dict)
    """Upper bound of a bucket in seconds as text, `+Inf` for the last → how many took so long and no longer.

    Of the requests that reached the model, from the whole body to the answer.
    """

    @property
    def requests(self) -> int:
        return self.answered + self.refused + self.failed

    def since(self, before: Tally) -> Tally:
        """What came after `before`; what began anew in between, as at a restart, counts from there on."""
        now, then = self._counts(), before._counts()
        has_gone_on = all(later >= earlier for later, earlier in zip(now, then, strict=True))
        answered, refused, failed = (
            (later - earlier for later, earlier in zip(now, then, strict=True)) if has_gone_on else now
        )
        return Tally(answered, refused, failed, _latency_since(self.latency, before.latency))

    def _counts(self) -> tuple[int, int, int]:
        return self.answered, self.refused, self.failed


def together(tallies: Iterable[Tally]) -> Tally:
    """Of several servers."""
    found = list(tallies)
    latency = Counter[str]()
    for each in found:
        latency.update(each.latency)
    return Tally(
        answered=sum(each.answered for each in found),
        refused=sum(each.refused for each in found),
        failed=sum(each.failed for each in found),
        latency=dict(latency),
    )


def _latency_since(now: Mapping[str, int], then: Mapping[str, int]) -> Mapping[str, int]:
    if any(now.get(bound, 0) < count for bound, count in then.items()):
        return dict(now)
    return {bound: count - then.get(bound, 0) for bound, count in now.items()}
