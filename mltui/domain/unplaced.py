"""Held-out rows that lack a value of an attribute: they are in none of its groups, and nobody judges how they fare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mltui.domain.version import GroupFigure

_OF_EVERY_ROW = ("accuracy", "mae")
"""Metrics whose n is the rows of the group."""


def unplaced_sentences(groups: Iterable[GroupFigure], *, held_out: int) -> Iterator[str]:
    """One for each attribute that some of the held-out rows lack."""
    placed = dict[str, int]()
    for each in groups:
        if len(each.slice) == 1 and each.metric in _OF_EVERY_ROW:
            placed[each.attribute] = placed.get(each.attribute, 0) + each.n
    for attribute, rows in placed.items():
        if rows < held_out:
            told = f"{held_out - rows:,} of {held_out:,} held-out rows have no {attribute}"
            yield f"{told} and are in no group of it: nothing is judged of them."
