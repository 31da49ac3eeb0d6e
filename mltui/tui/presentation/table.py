"""Aligned columns: by cells, never wider than asked, never wrapped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from rich.cells import cell_len
from rich.text import Text

from mltui.tui.presentation.literal import cut, literal

Align = Literal["<", ">"]
Cell = Text | str

GAP = 2
_LEAST = 4
"""Cells that a flexible column keeps while others can still give."""


def columns(
    rows: Sequence[Sequence[Cell]],
    *,
    head: Sequence[str] = (),
    align: Sequence[Align] | str = "",
    width: int,
    flexible: Collection[int] = (),
) -> list[Text]:
    """The head (where there is one) and a line for each row.

    `align` has a `<` or `>` for each column, `<` where it ends early. What is too wide is taken from the `flexible`
    columns, the widest first, and from all others only when those have nothing left. A `str` is foreign text and is
    made literal; a `Text` is taken as it is.
    """
    lines = _cells(rows, head)
    wanted = _wanted(lines)
    widths = _shrunk(wanted, width - GAP * (len(wanted) - 1), flexible)
    sides = str("".join(align)).ljust(len(wanted), "<")
    return [_line(line, widths, sides, width) for line in lines]


def cells_needed(rows: Sequence[Sequence[Cell]], *, head: Sequence[str] = ()) -> int:
    """The width from which on `columns` cuts nothing."""
    wanted = _wanted(_cells(rows, head))
    return sum(wanted) + GAP * max(len(wanted) - 1, 0)


def flow(parts: Sequence[Cell], *, width: int, indent: int = 2) -> list[Text]:
    """Parts beside each other, on as many lines as they need; a part that is wider than a line is cut."""
    lines: list[Text] = []
    for part in map(_as_text, parts):
        if lines and cell_len(lines[-1].plain) + GAP + cell_len(part.plain) <= width:
            lines[-1].append(" " * GAP).append_text(part)
        else:
            lines.append(shortened(Text(" " * indent if lines else "").append_text(part), width))
    return lines


def shortened(text: Text, width: int) -> Text:
    """Cut with `…`, its styles kept; the given text stays as it is."""
    if cell_len(text.plain) <= width:
        return text
    copy = text.copy()
    copy.plain = cut(copy.plain, width)
    return copy


def _cells(rows: Sequence[Sequence[Cell]], head: Sequence[str]) -> list[list[Text]]:
    """Each line with as many as the longest."""
    lines = [[_as_text(cell) for cell in row] for row in rows]
    if head:
        lines.insert(0, [Text(literal(title), "bold") for title in head])
    count = max((len(line) for line in lines), default=0)
    for line in lines:
        line.extend(Text() for _ in range(count - len(line)))
    return lines


def _wanted(lines: Sequence[Sequence[Text]]) -> list[int]:
    return [max(cell_len(cell.plain) for cell in column) for column in zip(*lines, strict=True)]


def _as_text(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(literal(cell))


def _shrunk(wanted: list[int], room: int, flexible: Collection[int]) -> list[int]:
    widths = list(wanted)
    known = [index for index in flexible if index < len(widths)]
    for those, least in ((known, _LEAST), (range(len(widths)), _LEAST), (range(len(widths)), 0)):
        while sum(widths) > room:
            widest = max((index for index in those if widths[index] > least), key=widths.__getitem__, default=None)
            if widest is None:
                break
            widths[widest] -= 1
    return widths


def _line(cells: list[Text], widths: list[int], sides: str, width: int) -> Text:
    line = Text()
    for index, (cell, room, side) in enumerate(zip(cells, widths, sides, strict=False)):
        shown = shortened(cell, room)
        spare = " " * (room - cell_len(shown.plain))
        line.append(" " * GAP if index else "")
        line.append(spare if side == ">" else "").append_text(shown).append(spare if side == "<" else "")
    line.rstrip()
    return shortened(line, width)
