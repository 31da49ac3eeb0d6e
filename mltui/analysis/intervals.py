"""Closed-form intervals and the exact McNemar test. Bounds are two-sided, 95 % where no `z` says otherwise."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bounds = tuple[Array, Array]


def quantile(*, comparisons: int = 1, level: float = 0.95) -> float:
    """Normal quantile of a two-sided interval; of several at once after Bonferroni."""
    return NormalDist().inv_cdf(1 - (1 - level) / 2 / comparisons)


Z = quantile()


def wilson(successes: Any, n: Any, *, z: float = Z) -> Bounds:
    """Interval of a share (Wilson 1927; Brown, Cai and DasGupta 2001). Arrays or numbers; NaN where n is 0."""
    x, total = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    centre = (x + z**2 / 2) / (total + z**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = z / (total + z**2) * np.sqrt(np.maximum(0, x * (total - x) / total) + z**2 / 4)
    low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
    return np.where(x == 0, np.minimum(low, 0), low), np.where(x == total, np.maximum(high, 1), high)


def unseen(n: Any, *, z: float = Z) -> Array:
    """Share of all rows that may be unlike n rows that are all alike: Wilson's upper bound of 0 in n.

    About 4 / n, where the rule of three says 3 / n (Hanley and Lippman-Hand 1983), whose bound has one side.
    """
    return np.asarray(z**2 / (np.asarray(n, dtype=float) + z**2))


def interval_of_mean(values: Array, low: Array, high: Array) -> Bounds:
    """Interval of the mean over the last axis of independent values with these bounds (MOVER, Zou and Donner 2008).

    Values that are NaN are no part of the mean.
    """
    terms = np.isfinite(values).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.nansum(values, axis=-1) / terms
        below = np.sqrt(np.nansum((values - low) ** 2, axis=-1)) / terms
        above = np.sqrt(np.nansum((high - values) ** 2, axis=-1)) / terms
    return mean - below, mean + above


def mean_share(tops: Array, bottoms: Array, *, z: float = Z) -> Bounds:
    """Interval of the mean over the last axis of the shares tops / bottoms; those with the bottom 0 are left out.

    MOVER over Wilson's bounds, which are too narrow for a mean of many shares of few rows each: so at least as wide as
    the normal interval from the shares' own unbiased variances.
    """
    if tops.shape[-1] == 1:
        low, high = wilson(tops[..., 0], bottoms[..., 0], z=z)
        return low, high
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = tops / bottoms
        terms = np.isfinite(shares).sum(axis=-1)
        mean = np.nansum(shares, axis=-1) / terms
        half = z * np.sqrt(np.nansum(shares * (1 - shares) / np.maximum(1, bottoms - 1), axis=-1)) / terms
    low, high = interval_of_mean(shares, *wilson(tops, bottoms, z=z))
    return np.clip(np.minimum(low, mean - half), 0, 1), np.clip(np.maximum(high, mean + half), 0, 1)


def error_bounds(mean: Array, variance: Array, n: Array, *, z: float = Z) -> Bounds:
    """Interval of the mean of figures that are 0 or more, `variance` being that of one of them.

    By the gamma distribution of the same mean and variance, its quantiles after Wilson and Hilferty (1931): errors
    and their squares are skewed, and a normal interval of few of them lies too low. Without an upper end where their
    standard error is about as large as their mean.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(variance / n) / mean
        low = mean / (1 - spread**2 / 9 + z * spread / 3) ** 3
        base = 1 - spread**2 / 9 - z * spread / 3
    return low, np.divide(mean, np.maximum(base, 0) ** 3, out=np.full_like(mean, np.inf), where=~(base <= 0))


def difference_bounds(value: Array, bounds: Bounds, other: Array, other_bounds: Bounds) -> Bounds:
    """Interval of the difference of two independent figures (MOVER, Zou and Donner 2008)."""
    (low, high), (other_low, other_high) = bounds, other_bounds
    difference = value - other
    with np.errstate(invalid="ignore"):
        below = np.sqrt((value - low) ** 2 + (other_high - other) ** 2)
        above = np.sqrt((high - value) ** 2 + (other - other_low) ** 2)
    return difference - below, difference + above


def paired_shares(gained: Any, lost: Any, n: Any) -> Bounds:
    """Interval of (gained − lost) / n, a difference of shares on the same rows (Bonett and Price 2012)."""
    total = np.asarray(n, dtype=float) + 2
    up, down = (np.asarray(gained, dtype=float) + 1) / total, (np.asarray(lost, dtype=float) + 1) / total
    half = Z * np.sqrt((up + down - (up - down) ** 2) / total)
    return np.clip(up - down - half, -1, 1), np.clip(up - down + half, -1, 1)


def mcnemar_p(fixed: int, broken: int) -> float:
    """Exact two-sided McNemar test: twice the binomial tail of the smaller count, at most 1."""
    total, smaller = fixed + broken, min(fixed, broken)
    steps = np.arange(1, smaller + 1)
    logs = np.concatenate(([0.0], np.cumsum(np.log((total - steps + 1) / steps)))) - total * math.log(2)
    peak = float(logs.max())
    return min(1.0, 2 * math.exp(peak + math.log(float(np.exp(logs - peak).sum()))))
