"""The ratio of a metric of one side to that of another, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mltui.analysis.intervals import Array
from mltui.analysis.sides import Sides


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """[G] each; infinite where the other side is, or may be, 0; NaN where both sides are 0 or one is undefined,
    and bounds where one side has none."""

    value: Array
    low: Array
    high: Array


def ratios_of(sides: Sides, others: Sides, *, z: float) -> Ratios:
    """Interval by MOVER-R (Donner and Zou 2012) from the bounds of both sides.

    The delta method on the logarithm called equal groups of 30 to 40 rows different in up to 13 % of the breakdowns,
    this one in at most 5 %.
    """
    value, other = sides.value, others.value
    (low, high), (other_low, other_high) = sides.bounds(z), others.bounds(z)
    with np.errstate(all="ignore"):
        product = value * other
        below = low * (2 * value - low)
        above = other_low * (2 * other - other_low)
        lower = product + _root(product**2 - below * other_high * (2 * other - other_high))
        upper = product + _root(product**2 - above * high * (2 * value - high))
        highest = np.where(above > 0, _quotient(upper, above), np.inf)
    is_known = np.isfinite(value) & np.isfinite(other) & ((value != 0) | (other != 0))
    is_bounded = is_known & ~np.isnan(low) & ~np.isnan(other_low)
    found = ((_quotient(value, other), is_known), (_quotient(below, lower), is_bounded), (highest, is_bounded))
    return Ratios(*(np.where(is_there, each, np.nan) for each, is_there in found))


def _root(square: Array) -> Array:
    """Of what is below 0 by rounding alone."""
    return np.sqrt(np.maximum(0, square))


def _quotient(top: Array, bottom: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.where(top == 0, 0.0, np.where(bottom > 0, top / bottom, np.inf))
