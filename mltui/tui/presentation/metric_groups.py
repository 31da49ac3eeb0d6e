"""One metric of all groups of an attribute, sorted and measured once, for whatever part of them is painted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len

from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import worst_first
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import fitted, literal, squeezed
from mltui.tui.presentation.plot import Scale, is_known
from mltui.tui.presentation.whiskers import scale_of

SORTS = ("worst first", "by name", "by rows")


@dataclass(frozen=True, slots=True)
class Widths:
    """Cells that the widest of each needs."""

    group: int = 0
    n: int = 0
    value: int = 0
    interval: int = 0


@dataclass(frozen=True, slots=True)
class MetricGroups:
    figures: Mapping[str, GroupFigure]
    """By the group's name."""
    orders: Mapping[str, Sequence[str]]
    """Sort → names of the groups; by name it is the order of the breakdown, where bands stand by their size."""
    verdicts: Mapping[str, int]
    """How many groups have it."""
    overall: float | None
    scale: Scale | None
    """None where there is nothing to be drawn."""
    widths: Widths

    @classmethod
    def of(cls, figures: Mapping[str, GroupFigure], overall: float | None) -> MetricGroups:
        those = list(figures.values())
        widths = Widths(
            _widest(map(name_of, figures)),
            _widest(f"{each.n:,}" for each in those),
            _widest(map(value_of, those)),
            _widest(map(interval_of, those)),
        )
        verdicts = Counter(each.verdict for each in those)
        return cls(figures, _orders(figures), verdicts, overall, scale_of(those, overall), widths)

    def shown(self, sort: str, text: str) -> Sequence[str]:
        """Groups in whose name each word of the text stands, and none of those after `!`."""
        words = [(word.removeprefix("!"), not word.startswith("!")) for word in text.lower().split()]
        wanted = [(word, is_wanted) for word, is_wanted in words if word]
        names = self.orders[sort]
        if not wanted:
            return names
        return [name for name in names if all((word in name.lower()) == is_wanted for word, is_wanted in wanted)]


def _orders(figures: Mapping[str, GroupFigure]) -> Mapping[str, Sequence[str]]:
    names, those = {id(each): name for name, each in figures.items()}, list(figures.values())
    sorted_by = (worst_first(those), those, sorted(those, key=lambda each: -each.n))
    return {sort: [names[id(each)] for each in found] for sort, found in zip(SORTS, sorted_by, strict=True)}


def value_of(group: GroupFigure) -> str:
    return figure(group.value if is_known(group.value) else None)


def interval_of(group: GroupFigure) -> str:
    return f"{figure(group.low)} to {figure(group.high)}" if is_known(group.low) and is_known(group.high) else ""


@lru_cache(4096)
def name_of(group: str) -> str:
    """Of hundreds of groups, at each key."""
    return literal(group)


@lru_cache(4096)
def name_in(group: str, width: int) -> str:
    """Exactly so many cells: its beginning and its end, which of crossed groups are different ones."""
    return fitted(squeezed(name_of(group), width), width)


def _widest(cells: Iterable[str]) -> int:
    return max(map(cell_len, cells), default=0)


NO_GROUPS = MetricGroups.of({}, None)
