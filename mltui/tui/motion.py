"""Whether rows of the terminal only moved up or down: then it can move them itself, which takes a few bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

LEAST_ROWS = 6
"""Fewer are sent anew."""

Cell = tuple[str, str]
"""Style and character; the character is empty in the second half of a wide one."""
Row = list[Cell | None]
"""By columns from 1 on; what is not known is None."""


@dataclass(frozen=True, slots=True)
class Motion:
    top: int
    bottom: int
    """First and last row that take part."""
    up: int
    """Rows by which they move up; negative where they move down."""

    @property
    def sequence(self) -> str:
        """As every terminal since the VT100 does it: a line feed on the last row, or its reverse on the first."""
        place, step = (self.bottom, "\n" * self.up) if self.up > 0 else (self.top, "\x1bM" * -self.up)
        return f"\x1b[{self.top};{self.bottom}r\x1b[{place};1H{step}\x1b[r"

    def source(self, y: int) -> int | None:
        """Where the row `y` comes from; None for a row that comes in empty."""
        return y + self.up if self.top <= y + self.up <= self.bottom else None


def find_motion(before: Mapping[int, Row], after: Mapping[int, Row]) -> Motion | None:
    """`after` holds the rows of a frame as they shall be. Those between rows that moved have to be in it as well, and
    all that take part have to be known from edge to edge."""
    if len(after) < LEAST_ROWS:
        return None
    places = {tuple(row): y for y, row in before.items()}
    found = {y: places.get(tuple(row)) for y, row in after.items()}
    moved = Counter(place - y for y, place in found.items() if place is not None and before.get(y) != after[y])
    if not moved:
        return None
    up, count = moved.most_common(1)[0]
    ends = [y for y, place in found.items() if place is not None and place - y == up]
    top, bottom = min(*ends, min(ends) + up), max(*ends, max(ends) + up)
    taking_part = [after.get(y, []) for y in range(top, bottom + 1)]
    is_known = len({len(row) for row in taking_part}) == 1 and all(None not in row[1:] for row in taking_part)
    return Motion(top, bottom, up) if is_known and count > len(taking_part) / 2 else None
