"""When a group counts as different from its reference."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.pooling import LEAST_ROWS


@dataclass(frozen=True, slots=True)
class BiasLimits:
    least_ratio: float = 0.8
    most_ratio: float = 1.25
    least_rows: int = LEAST_ROWS
    """In the metric's own denominator, of both; with fewer nothing is said."""
    least_difference: float = 0.02
    """Smaller ones do not matter. Shares and log loss as they are, errors in standard deviations of the truth."""
    most_difference: float = 0.2
    """In the place of the ratio where a metric may be below 0: a small effect after Cohen (1988)."""


USUAL_LIMITS = BiasLimits()
