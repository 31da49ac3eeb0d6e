"""One side against the other: a metric of a group and of all other rows, and the interval of their ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mltui.analysis.intervals import Array, mean_share


@dataclass(frozen=True, slots=True, eq=False)
class ShareSide:
    """Mean of the shares tops / bottoms; arrays of [T], all bottoms above 0."""

    tops: Array
    bottoms: Array

    @property
    def n(self) -> int:
        """T² / Σ 1/n: all rows where the shares have equally many, fewer where one with few rules the rest."""
        return math.floor(len(self.bottoms) ** 2 / float((1 / self.bottoms).sum()) + 1e-9)

    @property
    def value(self) -> float:
        return float((self.tops / self.bottoms).mean())

    def bounds(self, z: float) -> tuple[float, float]:
        low, high = mean_share(self.tops, self.bottoms, z=z)
        return float(low), float(high)

    def scaled(self, factor: float) -> ShareSide:
        """The same shares of more rows."""
        return ShareSide(self.tops * factor, self.bottoms * factor)


@dataclass(frozen=True, slots=True)
class MeanSide:
    """Mean of figures that are 0 or more."""

    n: int
    value: float
    variance: float
    """Of one figure."""

    def bounds(self, z: float) -> tuple[float, float]:
        half = z * math.sqrt(self.variance / self.n)
        return max(0.0, self.value - half), self.value + half

    def scaled(self, factor: float) -> MeanSide:
        """As many rows more, with the same mean and variance."""
        return MeanSide(round(self.n * factor), self.value, self.variance)


Side = ShareSide | MeanSide


@dataclass(frozen=True, slots=True)
class Ratio:
    """Infinite where the other side is, or may be, 0; no numbers where both sides are 0."""

    value: float
    low: float
    high: float


def ratio_of(side: Side, others: Side, *, z: float) -> Ratio:
    """Interval by MOVER-R (Donner and Zou 2012) from the bounds of both sides.

    The delta method on the logarithm called equal groups of 30 to 40 rows different in up to 13 % of the breakdowns,
    this one in at most 5 %.
    """
    value, other = side.value, others.value
    if value == 0 and other == 0:
        return Ratio(math.nan, math.nan, math.nan)
    (low, high), (other_low, other_high) = side.bounds(z), others.bounds(z)
    product = value * other
    below = low * (2 * value - low)
    above = other_low * (2 * other - other_low)
    lower = product + _root(product**2 - below * other_high * (2 * other - other_high))
    upper = product + _root(product**2 - above * high * (2 * value - high))
    return Ratio(_quotient(value, other), _quotient(below, lower), _quotient(upper, above) if above > 0 else math.inf)


def _root(square: float) -> float:
    """Of what is below 0 by rounding alone."""
    return math.sqrt(max(0.0, square))


def _quotient(top: float, bottom: float) -> float:
    if top == 0:
        return 0.0
    return top / bottom if bottom > 0 else math.inf
