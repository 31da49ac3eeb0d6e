"""How far the scores of many groups at once lie from what comes true, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.intervals import Array, Bounds, unseen
from mltui.analysis.sides import whole_rows


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationSides:
    """Root of the mean squared distance between score and what came true, by bins of the score.

    From each bin's squared distance goes what chance alone puts there (Kumar, Liang and Ma 2019), else small groups
    would look worse than large ones; a bin of one row says nothing of that and is passed over. In the interval the
    rows of a group vary no less than a share that was never seen to fail in so many (Agresti and Coull 1998).
    """

    rows: Array
    """[G, B], and so are the two below."""
    gaps: Array
    """Sums of outcome (1 or 0) minus score."""
    squares: Array
    """Sums of the squares of that."""

    @property
    def n(self) -> Array:
        return whole_rows(self.rows.sum(axis=1))

    @property
    def value(self) -> Array:
        return np.sqrt(np.maximum(0, self._squared()))

    def bounds(self, z: float) -> Bounds:
        squared = self._squared()
        reach = z * np.maximum(self._error(), self._least_error(squared, z))
        return np.sqrt(np.maximum(0, squared - reach)), np.sqrt(np.maximum(0, squared + reach))

    def scaled(self, factor: Array) -> CalibrationSides:
        return CalibrationSides(*(part * factor[:, None] for part in (self.rows, self.gaps, self.squares)))

    def take(self, places: NDArray[np.intp]) -> CalibrationSides:
        return CalibrationSides(self.rows[places], self.gaps[places], self.squares[places])

    def _squared(self) -> Array:
        """The squared error of each group, which may be below 0."""
        weight, distance, chance = self._bins()
        return self._summed(weight * (distance**2 - chance))

    def _error(self) -> Array:
        """Standard error of that."""
        weight, distance, chance = self._bins()
        return np.sqrt(self._summed(weight**2 * _spread(distance**2, chance)))

    def _least_error(self, squared: Array, z: float) -> Array:
        """The same, of one bin of all rows whose outcomes are all alike."""
        never = unseen(self.n, z=z) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = never * (1 - never) / (self.n - 1)
        return np.sqrt(_spread(np.maximum(0, squared), chance))

    def _bins(self) -> tuple[Array, Array, Array]:
        """[G, B]: share of the rows, mean gap, and variance of that."""
        with np.errstate(divide="ignore", invalid="ignore"):
            weight, distance = self.rows / self.rows.sum(axis=1, keepdims=True), self.gaps / self.rows
            return weight, distance, np.maximum(0, self.squares / self.rows - distance**2) / (self.rows - 1)

    def _summed(self, part: Array) -> Array:
        """[G], over the bins that say something; NaN where none does."""
        is_told = self.rows > 1
        return np.where(is_told.any(axis=1), np.where(is_told, part, 0).sum(axis=1), np.nan)


def _spread(squared_distance: Array, chance: Array) -> Array:
    """Variance of the squared distance of a mean whose variance is `chance`."""
    with np.errstate(invalid="ignore"):
        return np.maximum(4 * squared_distance * chance - 2 * chance**2, 2 * chance**2)
