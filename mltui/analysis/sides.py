"""One metric of many groups at once: values, intervals and rows, all [G]; NaN where the rows define nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.intervals import Array, Bounds, error_bounds, mean_share, unseen, wilson


class Sides(Protocol):
    @property
    def n(self) -> Array:
        """Rows in the metric's own denominator, in whole numbers."""
        ...

    @property
    def value(self) -> Array: ...

    def bounds(self, z: float) -> Bounds:
        """Of the interval that reaches `z` standard errors to both sides, or what is better than that."""
        ...

    def scaled(self, factor: Array) -> Self:
        """The same values of so many times the rows."""
        ...

    def take(self, places: NDArray[np.intp]) -> Self: ...


@dataclass(frozen=True, slots=True, eq=False)
class ShareSides:
    """Means of the shares tops / bottoms, [G, T]; a share with the bottom 0 is no part of the mean."""

    tops: Array
    bottoms: Array

    @property
    def n(self) -> Array:
        """T² / Σ 1/n: all rows where the shares have equally many, fewer where one with few rules the rest."""
        is_there = self.bottoms > 0
        inverse = np.divide(1, self.bottoms, out=np.zeros_like(self.bottoms), where=is_there).sum(axis=1)
        terms = is_there.sum(axis=1)
        return whole_rows(np.divide(terms**2, inverse, out=np.zeros_like(inverse), where=terms > 0))

    @property
    def value(self) -> Array:
        return _mean(self.tops, self.bottoms)

    def bounds(self, z: float) -> Bounds:
        return mean_share(self.tops, self.bottoms, z=z)

    def scaled(self, factor: Array) -> ShareSides:
        return ShareSides(self.tops * factor[:, None], self.bottoms * factor[:, None])

    def take(self, places: NDArray[np.intp]) -> ShareSides:
        return ShareSides(self.tops[places], self.bottoms[places])


@dataclass(frozen=True, slots=True, eq=False)
class F1Sides:
    """f1 of one class: 2p / (1 + p), p being the right share of the rows that have the class as truth or answer.

    That is a share like others, so Wilson's interval of it is one of the f1.
    """

    overlap: ShareSides

    @property
    def n(self) -> Array:
        return self.overlap.n

    @property
    def value(self) -> Array:
        return _f1(self.overlap.value)

    def bounds(self, z: float) -> Bounds:
        low, high = self.overlap.bounds(z)
        return _f1(low), _f1(high)

    def scaled(self, factor: Array) -> F1Sides:
        return F1Sides(self.overlap.scaled(factor))

    def take(self, places: NDArray[np.intp]) -> F1Sides:
        return F1Sides(self.overlap.take(places))


@dataclass(frozen=True, slots=True, eq=False)
class ChanceSides:
    """Figures from 0 to 1 with a standard error of their own: Wilson's interval of a share that has the same one.

    Unlike a normal interval it never leaves 0 to 1. It takes in what the rows that can be `unseen` would make of the
    value, being all right or all wrong: near 1 the standard errors of an area or an f1 are of the few rows that are
    wrong, and without those held the true area in 86 % of the draws of a hundred rows where few were wrong by much.
    """

    n: Array
    value: Array
    weight: Array
    """Rows of the share that has this standard error: value (1 − value) / error²."""

    @classmethod
    def of(cls, n: Array, value: Array, variance: Array) -> ChanceSides:
        """Without any variance the weight is `n`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = value * (1 - value) / variance
        return cls(whole_rows(n), value, np.where(variance > 0, weight, n))

    def bounds(self, z: float) -> Bounds:
        low, high = wilson(self.value * self.weight, self.weight, z=z)
        share = unseen(self.n, z=z)
        return np.minimum(low, self.value * (1 - share)), np.maximum(high, self.value + (1 - self.value) * share)

    def scaled(self, factor: Array) -> ChanceSides:
        return ChanceSides(whole_rows(self.n * factor), self.value, self.weight * factor)

    def take(self, places: NDArray[np.intp]) -> ChanceSides:
        return ChanceSides(self.n[places], self.value[places], self.weight[places])


@dataclass(frozen=True, slots=True, eq=False)
class MeanSides:
    """Means of one figure a row.

    Where the figures of a group are all alike, the group itself says nothing of how sure its mean is: so many rows as
    can be `unseen` by it may then be like the table's lowest, or its highest.
    """

    n: Array
    value: Array
    variance: Array
    """Of one figure."""
    reach: tuple[Array, Array]
    """The lowest and the highest figure of the whole table; where they are the same, rows alike have no interval."""
    is_error: bool = True
    """0 or more, and skewed; else as likely above as below."""
    most: float = np.inf

    def bounds(self, z: float) -> Bounds:
        found = self._spread_bounds(z)
        share = np.where(self.reach[0] < self.reach[1], unseen(self.n, z=z), np.nan)
        alike = (self.value + share * (end - self.value) for end in self.reach)
        low, high = (np.where(self.variance == 0, *pair) for pair in zip(alike, found, strict=True))
        return low, high

    def _spread_bounds(self, z: float) -> Bounds:
        if self.is_error:
            return error_bounds(self.value, self.variance, self.n, z=z)
        half = z * _error(self.variance, self.n)
        return self.value - half, np.minimum(self.value + half, self.most)

    def scaled(self, factor: Array) -> MeanSides:
        return replace(self, n=whole_rows(self.n * factor))

    def take(self, places: NDArray[np.intp]) -> MeanSides:
        n, value, variance, low, high = (part[places] for part in (self.n, self.value, self.variance, *self.reach))
        return replace(self, n=n, value=value, variance=variance, reach=(low, high))


@dataclass(frozen=True, slots=True, eq=False)
class RootSides:
    """Roots of means of squares."""

    squares: MeanSides

    @property
    def n(self) -> Array:
        return self.squares.n

    @property
    def value(self) -> Array:
        return np.sqrt(self.squares.value)

    def bounds(self, z: float) -> Bounds:
        low, high = self.squares.bounds(z)
        return np.sqrt(low), np.sqrt(high)

    def scaled(self, factor: Array) -> RootSides:
        return RootSides(self.squares.scaled(factor))

    def take(self, places: NDArray[np.intp]) -> RootSides:
        return RootSides(self.squares.take(places))


def whole_rows(rows: Array) -> Array:
    """Rounded down, but for what is below a whole number by rounding alone."""
    return np.asarray(np.floor(rows + 1e-9))


def _mean(tops: Array, bottoms: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = tops / bottoms
        return np.asarray(np.nansum(shares, axis=1) / np.isfinite(shares).sum(axis=1))


def _f1(overlap: Array) -> Array:
    return 2 * overlap / (1 + overlap)


def _error(variance: Array, n: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(variance / n))
