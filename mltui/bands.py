"""How a number becomes a group: bands with edges. Pure, and the same in containers and in the rooms above."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles

MISSING = "missing"
"""The band of an empty cell and of NaN."""
MOST_BANDS = 20
OF_TRAINING = "training rows"
"""Where edges come from that nobody gave."""
OF_PROJECT = "project"
"""Where edges come from that stand in the project."""

MEASURED = "measured "
"""How the names of attributes begin that were measured: whoever reads one sees that nobody labelled it."""

WORDS: Mapping[str, tuple[str, str, str]] = {
    "brightness": ("dark", "medium", "bright"),
    "contrast": ("flat", "medium", "strong"),
    "sharpness": ("blurred", "medium", "sharp"),
    "size": ("small", "medium", "large"),
}
"""What can be measured of a picture → names of its three bands, the lowest first."""

_DIGITS = 4
"""Of an edge that is computed."""
_LEAST_SHARE = 0.25
"""Of the rows that a band of quantiles would have if all were equally large."""

_NUMBER = r"-?[\d.]+(?:e[+-]?\d+)?"
_BAND = re.compile(
    rf"(?:.*\()?(?:<(?P<below>{_NUMBER})|(?P<low>{_NUMBER})(?:–{_NUMBER}| to <{_NUMBER})?|≥(?P<least>{_NUMBER}))\)?"
)


@dataclass(frozen=True, slots=True)
class Banding:
    """By edges, or by quantiles of the rows to train on; one of the two."""

    edges: tuple[float, ...] = ()
    """Rising; a number on an edge is in the band above it."""
    quantiles: int = 0
    """Bands with about equally many rows each."""

    @property
    def problem(self) -> tuple[str, str] | None:
        """What is wrong with it, and what would be right."""
        if bool(self.edges) == bool(self.quantiles):
            return "needs edges or quantiles, and not both", "for instance edges = [25, 40, 60], or quantiles = 4"
        if self.quantiles and not 2 <= self.quantiles <= MOST_BANDS:
            return f"quantiles = {self.quantiles}", f"2 to {MOST_BANDS}"
        if len(self.edges) >= MOST_BANDS:
            return f"edges: there are {len(self.edges)}", f"fewer than {MOST_BANDS}"
        is_rising = all(low < high for low, high in pairwise(self.edges))
        if not is_rising or not all(map(math.isfinite, self.edges)):
            return f"edges = [{', '.join(map(_written, self.edges))}] do not rise", "each a number above the one before"
        return None


@dataclass(frozen=True, slots=True)
class Bands:
    """Edges with the names of what lies between them."""

    edges: tuple[float, ...]
    names: tuple[str, ...]
    """One more than edges, the lowest first."""

    def name_of(self, value: float | None) -> str:
        if value is None or math.isnan(value):
            return MISSING
        return self.names[bisect_right(self.edges, value)]


def bands(edges: Sequence[float], *, is_whole: bool) -> Bands:
    """`<25`, `25–39`, `≥40`; where numbers have fractions `25 to <40`."""
    if not edges:
        raise ValueError("without an edge there is one band")
    is_whole = is_whole and all(float(edge).is_integer() for edge in edges)
    between = [_between(low, high, is_whole=is_whole) for low, high in pairwise(edges)]
    return Bands(tuple(edges), (f"<{_written(edges[0])}", *between, f"≥{_written(edges[-1])}"))


def quantile_edges(values: Sequence[float], count: int) -> tuple[float, ...]:
    """Edges that part the values into bands of about equally many, of four digits each.

    Fewer than `count` − 1 where many values are alike, none where nearly all are: a band that would hold less than a
    quarter of its equal share is one with its neighbour. The quantiles are those of numpy's default.
    """
    if len(values) < 2:
        return ()
    rising, least = sorted(values), _LEAST_SHARE * len(values) / count
    kept, below = list[float](), 0
    for edge in sorted({float(f"{edge:.{_DIGITS}g}") for edge in quantiles(rising, n=count, method="inclusive")}):
        place = bisect_left(rising, edge)
        if min(place - below, len(rising) - place) >= least:
            kept.append(edge)
            below = place
    return tuple(kept)


def is_measured(attribute: str) -> bool:
    return attribute.startswith(MEASURED)


def number_of(cell: str) -> float | None:
    """NaN for a cell that says that nothing is known, None for one that is no number."""
    if cell.strip().lower() in ("", "nan"):
        return math.nan
    try:
        value = float(cell) if "_" not in cell else math.inf
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def in_order(names: Collection[str]) -> list[str]:
    """Bands and numbers by their size, what is missing last; other names in alphabetical order."""
    places = {name: _place(name) for name in names}
    if all(place is not None for place in places.values()):
        return sorted(names, key=lambda name: (places[name], name))
    return sorted(names)


def _place(name: str) -> tuple[float, bool] | None:
    if name == MISSING:
        return math.inf, True
    found = _BAND.fullmatch(name)
    if found is None:
        return None
    try:
        return float(found["below"] or found["low"] or found["least"]), found["below"] is None
    except ValueError:
        return None


def _between(low: float, high: float, *, is_whole: bool) -> str:
    if not is_whole:
        return f"{_written(low)} to <{_written(high)}"
    return _written(low) if high == low + 1 else f"{_written(low)}–{_written(high - 1)}"


def _written(edge: float) -> str:
    return f"{edge:.12g}"
