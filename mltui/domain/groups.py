"""How groups of several attributes together are written."""

from __future__ import annotations

from collections.abc import Iterable

CROSSED = " × "
"""Between the names of an intersection's attributes, and between those of its groups."""


def crossed(names: Iterable[str]) -> str:
    return CROSSED.join(names)


def attributes_in(name: str) -> tuple[str, ...]:
    """`lighting × camera` is of two attributes."""
    return tuple(name.split(CROSSED))
