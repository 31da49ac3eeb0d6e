"""What the difference between a group and its reference means, and the rows that would decide it where none is sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.intervals import Array, difference_bounds, quantile
from mltui.analysis.ratios import ratios_of
from mltui.analysis.sides import Sides
from mltui.domain.bias_limits import USUAL_LIMITS, BiasLimits

WORDS = np.array(["undecided", "within", "outside", "too few"])
UNDECIDED, WITHIN, OUTSIDE, TOO_FEW = range(4)
_MOST_DOUBLINGS = 20

Words = NDArray[np.intp]
"""[G], places in `WORDS`."""


JUDGING_LEVEL = 0.97
"""At 95 % the intervals of groups of about 40 rows are a little too narrow: of the breakdowns of equal ones up to 6.8 %
had one outside, at this level at most 4.5 %."""


@dataclass(frozen=True, slots=True)
class Judge:
    """How one metric of one grouping is judged."""

    comparisons: int = 1
    """Groups that are judged at once."""
    unit: float = 1.0
    """What differences are measured in."""
    is_signed: bool = False
    limits: BiasLimits = USUAL_LIMITS

    @property
    def z(self) -> float:
        """Quantile of the interval of ratio or difference."""
        return quantile(comparisons=self.comparisons, level=JUDGING_LEVEL)

    def verdicts(self, sides: Sides, others: Sides) -> Words:
        limits = self.limits
        difference = np.abs(sides.value - others.value)
        decided = self._by_difference(sides, others) if self.is_signed else self._by_ratio(sides, others)
        found = np.where(difference < limits.least_difference * self.unit, WITHIN, decided)
        found = np.where(np.isfinite(difference) & (others.n >= limits.least_rows), found, UNDECIDED)
        is_enough = (sides.n >= limits.least_rows) & np.isfinite(sides.value)
        return np.where(is_enough, found, TOO_FEW)

    def needed(self, sides: Sides, others: Sides) -> Array:
        """[G]: rows in the denominator that would decide it if all groups grew alike and the values stayed.

        NaN where a million times as many would not: the ratio lies on a limit.
        """
        rows = np.maximum(1, sides.n)
        low, high = rows.copy(), 2 * rows
        for _ in range(_MOST_DOUBLINGS):
            is_open = self._is_open(sides, others, high / rows)
            low, high = np.where(is_open, high, low), np.where(is_open, 2 * high, high)
        is_told = ~self._is_open(sides, others, high / rows)
        while ((high - low > 1) & is_told).any():
            middle = (low + high) // 2
            is_open = self._is_open(sides, others, middle / rows)
            low, high = np.where(is_open, middle, low), np.where(is_open, high, middle)
        return np.where(is_told, high, np.nan)

    def _is_open(self, sides: Sides, others: Sides, factor: Array) -> NDArray[np.bool_]:
        return np.asarray(self.verdicts(sides.scaled(factor), others.scaled(factor)) == UNDECIDED)

    def _by_ratio(self, sides: Sides, others: Sides) -> Words:
        limits, ratio = self.limits, ratios_of(sides, others, z=self.z)
        is_beyond = (ratio.value < limits.least_ratio) | (ratio.value > limits.most_ratio)
        is_apart = (ratio.high < 1) | (ratio.low > 1)
        is_inside = (ratio.low >= limits.least_ratio) & (ratio.high <= limits.most_ratio)
        return np.where(is_beyond & is_apart, OUTSIDE, np.where(~is_beyond & is_inside, WITHIN, UNDECIDED))

    def _by_difference(self, sides: Sides, others: Sides) -> Words:
        most = self.limits.most_difference * self.unit
        low, high = difference_bounds(sides.value, sides.bounds(self.z), others.value, others.bounds(self.z))
        is_beyond = np.abs(sides.value - others.value) > most
        is_apart = (low > 0) | (high < 0)
        is_inside = (low >= -most) & (high <= most)
        return np.where(is_beyond & is_apart, OUTSIDE, np.where(~is_beyond & is_inside, WITHIN, UNDECIDED))
