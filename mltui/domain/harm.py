"""Whom a version serves worse than production, in as few words as a list has room for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Harm:
    """The group that gets worst of those that get worse by more than chance, as the checks of a release found it."""

    baseline: int
    """The version that was in production then."""
    attribute: str
    group: str
    before: float
    """Production's share of right answers, or its mean absolute error."""
    after: float
    groups: int
    """How many get worse, this one among them."""

    @property
    def more(self) -> str:
        return f" +{self.groups - 1}" if self.groups > 1 else ""
