"""A candidate and production on the same rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """One metric of two models on the rows that both answered; None where it is undefined on them."""

    metric: str
    n: int
    """Common rows, without those that were left out."""
    candidate: float | None = None
    production: float | None = None
    difference: float | None = None
    """Candidate minus production."""
    low: float | None = None
    high: float | None = None
    """Bounds of the 95 % interval of `difference`."""
    p_value: float | None = None
    """Exact two-sided McNemar test, for metrics that are the share of right answers among given rows."""
    fixed: int | None = None
    """Rows of the metric that production got wrong and the candidate gets right; None for a regression."""
    broken: int | None = None
    """Rows of the metric that production got right and the candidate gets wrong; None for a regression."""
