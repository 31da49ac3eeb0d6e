"""The footer: as many whole items as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    """As Textual names it, which a click presses."""
    display: str
    """As a person reads it."""
    words: str


@dataclass(frozen=True, slots=True)
class Place:
    start: int
    stop: int
    """Cells on the line, from its left edge; `stop` is the first after it."""
    item: Item


def placed(items: Sequence[Item], always: Sequence[Item], *, width: int) -> list[Place]:
    """`items` from the left as far as they fit whole, `always` at the right; of those the last are kept longest."""
    kept = list(always)
    while kept and _width(kept) + 2 > width:
        del kept[0]
    edge = width - 1 - _width(kept)
    places, at = [], 1
    for item in items:
        stop = at + _width([item])
        if stop + len(_GAP) > edge:
            continue
        places.append(Place(at, stop, item))
        at = stop + len(_GAP)
    for item in kept:
        places.append(Place(edge, edge + _width([item]), item))
        edge += _width([item]) + len(_GAP)
    return places


def footer_line(places: Sequence[Place]) -> Text:
    line = Text(no_wrap=True)
    for place in places:
        line.append(" " * (place.start - cell_len(line.plain)))
        line.append(place.item.display, "bold cyan").append(f" {place.item.words}")
    return line


def _width(items: Sequence[Item]) -> int:
    return sum(cell_len(f"{each.display} {each.words}") for each in items) + len(_GAP) * max(len(items) - 1, 0)
