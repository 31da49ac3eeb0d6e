"""Whether two models differ on the same rows, and what stays of that where many groups are looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from mltui.analysis.intervals import Array, Z, unseen

_ROUNDING = 1e-12
"""A standard error that is less of its mean is of rounding alone."""


def mean_test(values: Array, *, reach: float) -> tuple[float | None, float | None, float]:
    """Bounds of the 95 % interval of the mean, and the two-sided p of its being 0: Student's t, for two values or more.

    Its quantiles and tails by Wallace's normal approximation (1959), which is off by less than 0.0005 from 20 values
    on. Values that are all the same have the p of the sign test; so many as can be `unseen` may be farther from 0 by
    `reach`, and without that there are no bounds.
    """
    degrees = len(values) - 1
    mean, error = float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))
    if error <= _ROUNDING * abs(mean):
        half = float(unseen(len(values))) * max(reach, abs(mean))
        p = 1.0 if mean == 0 else 2.0**-degrees
        return (mean - half, mean + half, p) if half > 0 else (None, None, p)
    slope = (8 * degrees + 1) / (8 * degrees + 3)
    half = error * math.sqrt(degrees * math.expm1((Z / slope) ** 2 / degrees))
    normal = slope * math.sqrt(degrees * math.log1p((mean / error) ** 2 / degrees))
    return mean - half, mean + half, 2 * NormalDist().cdf(-normal)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted, in the order given: with those below alpha called out, a false one is among them with a chance of
    alpha at most, whatever depends on what (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    adjusted, least = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order.tolist()):
        least = min(1.0, max(least, (len(p_values) - place) * p_values[index]))
        adjusted[index] = least
    return adjusted
