"""Closed-form intervals and the exact McNemar test. Bounds are two-sided, 95 % where no `z` says otherwise."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bounds = tuple[Array, Array]


def quantile(*, comparisons: int = 1) -> float:
    """Normal quantile of a two-sided 95 % interval; of several at once after Bonferroni."""
    return NormalDist().inv_cdf(1 - 0.025 / comparisons)


Z = quantile()


def wilson(successes: Any, n: Any, *, z: float = Z) -> Bounds:
    """Interval of a share (Wilson 1927; Brown, Cai and DasGupta 2001). Arrays or numbers; n above 0."""
    x, total = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    centre = (x + z**2 / 2) / (total + z**2)
    half = z / (total + z**2) * np.sqrt(x * (total - x) / total + z**2 / 4)
    low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
    return np.where(x == 0, 0.0, low), np.where(x == total, 1.0, high)


def interval_of_mean(values: Array, low: Array, high: Array) -> Bounds:
    """Interval of the mean over the last axis of independent values with these bounds (MOVER, Zou and Donner 2008)."""
    mean, terms = values.mean(axis=-1), values.shape[-1]
    below = np.sqrt(((values - low) ** 2).sum(axis=-1)) / terms
    above = np.sqrt(((high - values) ** 2).sum(axis=-1)) / terms
    return mean - below, mean + above


def mean_share(tops: Array, bottoms: Array, *, z: float = Z) -> Bounds:
    """Interval of the mean over the last axis of the shares tops / bottoms.

    MOVER over Wilson's bounds, which are too narrow for a mean of many shares of few rows each: so at least as wide as
    the normal interval from the shares' own unbiased variances.
    """
    shares, terms = tops / bottoms, tops.shape[-1]
    low, high = interval_of_mean(shares, *wilson(tops, bottoms, z=z))
    if terms == 1:
        return low, high
    half = z * np.sqrt((shares * (1 - shares) / np.maximum(1, bottoms - 1)).sum(axis=-1)) / terms
    mean = shares.mean(axis=-1)
    return np.clip(np.minimum(low, mean - half), 0, 1), np.clip(np.maximum(high, mean + half), 0, 1)


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
