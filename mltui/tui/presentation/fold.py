"""Long foreign lines on several lines of the screen."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

from mltui.tui.presentation.literal import cut, literal

MOST = 12
"""Lines that one line becomes; what is longer ends with `…`."""


def folded(text: object, width: int, *, most: int = MOST) -> list[str]:
    """Literal, each at most `width` cells, broken at spaces where that wastes less than half a line."""
    width = max(width, 2)
    rest, lines = cut(literal(text), most * width), list[str]()
    while cell_len(rest) > width and len(lines) < most - 1:
        whole = chop_cells(rest, width)[0]
        place = whole.rfind(" ")
        at = place + 1 if place > len(whole) // 2 else len(whole)
        lines.append(rest[:at].rstrip())
        rest = rest[at:]
    return [*lines, cut(rest, width)]
