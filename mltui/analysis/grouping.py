"""Which group each row is in, by one sensitive attribute or by several together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mltui.bands import in_order
from mltui.domain.groups import group_name
from mltui.pooling import MOST_GROUPS, POOLED

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """A column of labels, kept as numbers: eight bytes a row, however long the labels are."""

    groups: tuple[str, ...]
    """One that no row is in has figures too, of no rows."""
    codes: NDArray[np.intp]
    """[N], places in `groups`; −1 for a row without a value."""
    crossed: tuple[tuple[str, ...], ...] = ()
    """Of an intersection each group's values, one for each attribute."""
    pooled: int = 0
    """How many groups the last one is made of; 0: it is one."""

    @classmethod
    def of(cls, cells: Sequence[str]) -> Grouping:
        """Groups in alphabetical order, bands by their size; an empty cell is no value."""
        groups = tuple(in_order(set(cells) - {""}))
        places = {"": -1, **{group: place for place, group in enumerate(groups)}}
        return cls(groups, np.fromiter(map(places.__getitem__, cells), dtype=np.intp, count=len(cells)))

    @classmethod
    def of_all(cls, rows: int) -> Grouping:
        """Every row in the one group."""
        return cls(("",), np.zeros(rows, dtype=np.intp))

    @property
    def rows(self) -> NDArray[np.int64]:
        """[G]"""
        return np.bincount(self.codes + 1, minlength=len(self.groups) + 1)[1:]

    @property
    def values(self) -> Sequence[tuple[str, ...]]:
        """[G], one of each attribute that makes the groups."""
        return self.crossed or [(group,) for group in self.groups]

    def take(self, rows: NDArray[np.intp]) -> Grouping:
        return Grouping(self.groups, self.codes[rows], self.crossed, self.pooled)

    def pool(self, least_rows: int) -> Grouping:
        """Where the groups are very many, those with fewer rows are one, which is the last."""
        is_kept = self.rows >= least_rows
        kept = np.flatnonzero(is_kept)
        rare = len(is_kept) - len(kept)
        if self.pooled or len(self.groups) <= MOST_GROUPS or rare < 2:
            return self
        places = np.append(np.where(is_kept, np.cumsum(is_kept) - 1, len(kept)), -1)
        every = self.values
        values = [*(every[place] for place in kept.tolist()), (POOLED,) * len(every[0])]
        crossed = tuple(values) if self.crossed else ()
        return Grouping(tuple(map(group_name, values)), places[self.codes], crossed, rare)

    def occurring(self) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Each group that has rows, with their places."""
        ordered = np.argsort(self.codes, kind="stable")
        bounds = np.searchsorted(self.codes[ordered], np.arange(len(self.groups) + 1))
        for group, begin, end in zip(self.groups, bounds, bounds[1:], strict=False):
            if begin < end:
                yield group, ordered[begin:end]

    def tally(self, parts: NDArray[np.intp], *, of: int, weights: Floats | None = None) -> Floats:
        """[G, of]: rows, or their weights, by group and part; `parts` is [N], below `of`."""
        cells = (self.codes + 1) * of + parts
        counts = np.bincount(cells, weights=weights, minlength=(len(self.groups) + 1) * of)
        return counts.reshape(-1, of)[1:].astype(np.float64)

    def total(self, weights: Floats) -> Floats:
        """[G]: sums of the weights, which are [N]."""
        return np.bincount(self.codes + 1, weights=weights, minlength=len(self.groups) + 1)[1:].astype(np.float64)


def cross(groupings: Sequence[Grouping]) -> Grouping:
    """The intersections that occur; a row that lacks one of the values is in none."""
    if len(groupings) == 1:
        return groupings[0]
    codes = groupings[0].codes.copy()
    is_whole = codes >= 0
    for each in groupings[1:]:
        codes = codes * len(each.groups) + each.codes
        is_whole &= each.codes >= 0
    found, places = np.unique(codes[is_whole], return_inverse=True)
    compact = np.full(len(codes), -1, dtype=np.intp)
    compact[is_whole] = places
    parts = np.unravel_index(found, [len(each.groups) for each in groupings])
    labels = [[each.groups[code] for code in part] for each, part in zip(groupings, parts, strict=True)]
    values = tuple(zip(*labels, strict=True))
    return Grouping(tuple(map(group_name, values)), compact, values)
