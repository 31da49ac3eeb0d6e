"""Long lines and sentences on several lines of the screen."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells
from rich.text import Text

from mltui.tui.presentation.literal import cut, literal

MOST, MOST_OF_A_SENTENCE = 12, 100
"""Lines that one line becomes; what is longer ends with `…`."""


def wrapped(text: str, *, width: int, style: str = "", indent: int = 2) -> list[Text]:
    """As many lines as it needs; from the second on indented by `indent` cells."""
    return [Text(line, style) for line in folded(text, width, indent=indent, most=MOST_OF_A_SENTENCE)]


def folded(text: object, width: int, *, indent: int = 0, most: int = MOST) -> list[str]:
    """Literal, each at most `width` cells, broken at spaces where that wastes less than half a line."""
    width = max(width, 2)
    margin = " " * indent if indent + 2 <= width else ""
    rest, lines = cut(literal(text), most * width), list[str]()
    while cell_len(rest) > width and len(lines) < most - 1:
        whole = chop_cells(rest, width)[0]
        place = len(whole) if rest[len(whole)] == " " else whole.rfind(" ")
        at = place + 1 if place > len(whole) // 2 else len(whole)
        lines.append(rest[:at].rstrip())
        rest = margin + rest[at:]
    return [*lines, cut(rest, width)]
