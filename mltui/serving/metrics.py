"""What a server counts of its own work, and the text that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate

from mltui.serving.answers import Identity

BOUNDS = tuple(float(f"{0.0005 * 2 ** (step / 4):.3g}") for step in range(61))
"""Seconds, from half a millisecond to 16 s, each 2 ** ¼ times the one before, so that a doubled percentile shows; what
takes longer has a place of its own."""
LABELS = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

_BUCKET = re.compile(r'^mltui_request_seconds_bucket\{le="([^"]+)"\} ([0-9]+)$', re.MULTILINE)


class RequestMetrics:
    """Counters that only grow; a server that starts again begins anew."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._statuses = [0] * 6
        self._buckets = [0] * len(LABELS)
        self._seconds = 0.0

    def answered(self, status: int) -> None:
        self._statuses[status // 100] += 1

    def took(self, seconds: float) -> None:
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def text(self, identity: Identity, *, peak_memory_bytes: int) -> str:
        names = {"version": identity.version, "deployment": identity.deployment, "package": identity.package}
        said = ",".join(f'{name}="{_escaped(value)}"' for name, value in names.items())
        return "".join(
            (
                *_metric("server_info", "gauge", "who answers", [(f"{{{said}}}", 1)]),
                *_metric("requests_total", "counter", "requests to the model, by class of status", self._by_class()),
                *_metric("request_seconds", "histogram", "from the whole body to its answer", self._histogram()),
                *_metric("requests_in_flight", "gauge", "requests under way", [("", self.in_flight)]),
                *_metric("peak_memory_bytes", "gauge", "most memory ever held", [("", peak_memory_bytes)]),
            )
        )

    def _by_class(self) -> list[tuple[str, float]]:
        return [(f'{{code="{kind}xx"}}', self._statuses[kind]) for kind in (2, 4, 5)]

    def _histogram(self) -> list[tuple[str, float]]:
        up_to = list(accumulate(self._buckets))
        buckets = [(f'_bucket{{le="{label}"}}', count) for label, count in zip(LABELS, up_to, strict=True)]
        return [*buckets, ("_sum", self._seconds), ("_count", up_to[-1])]


def latencies(text: str) -> Mapping[str, int]:
    """From what `RequestMetrics.text` says: label of a bucket → how many answers fell into that one alone."""
    found = [(label, int(count)) for label, count in _BUCKET.findall(text)]
    below = (0, *(count for _, count in found))
    return {label: count - less for (label, count), less in zip(found, below, strict=False)}


def _metric(name: str, kind: str, help: str, values: Iterable[tuple[str, float]]) -> Iterable[str]:
    yield f"# HELP mltui_{name} {help}\n# TYPE mltui_{name} {kind}\n"
    yield from (f"mltui_{name}{rest} {value}\n" for rest, value in values)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
