"""Groups that are too many to be told one by one: of those, the ones with too few rows for a verdict are one line."""

from __future__ import annotations

POOLED = "rarer groups, together"
"""What that line is called, whichever and however many they are."""
MOST_GROUPS = 100
"""Of one attribute; up to so many, each has a line of its own."""
LEAST_ROWS = 30
"""With fewer nothing is said of a group."""
