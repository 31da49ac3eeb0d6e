"""What the terminal shows, so that only what differs is sent: on a slow link a whole screen takes two seconds.

Textual paints whole regions, and a new screen several times while it is put together. Frames are understood as Textual
writes them: cursor positions, colours, text. Anything else goes to the terminal as it is, and ends what is known of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rich.cells import cell_len

from mltui.tui.motion import Cell, Motion, Row, find_motion

_TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|(\n)|([^\x00-\x1f\x7f-\x9f]+)|(.)", re.DOTALL)
_SYNCHRONIZED = re.compile(r"\x1b\[\?2026[hl]")
RESET = "\x1b[0m"
SHORT_GAP = 6
"""Cells that are rather sent again than jumped over: as many as a jump has bytes."""

LONG_BLANK = 12
"""Blank cells that are rather erased than sent."""
_COLOURS = re.compile(r"[34]8;(?:5;\d+|2;\d+;\d+;\d+)|(?:[39]|4|10)[0-7]|1|2|3|39|49")


class Shown:
    """`erases`: whether the terminal gives the background's colour to what it erases; GNU screen does not."""

    def __init__(self, *, erases: bool) -> None:
        self._rows: dict[int, list[Cell | None]] = {}
        self._erases = erases

    def forget(self) -> None:
        """After something else wrote to the terminal, or it changed its size."""
        self._rows.clear()

    def changes(self, frame: str) -> str:
        """What has to be sent for the terminal to show this frame."""
        tokens = _TOKEN.findall(frame)
        if any(unknown for *_, unknown in tokens):
            if not _SYNCHRONIZED.fullmatch(frame):
                self.forget()
            return frame
        pen, painted = _Pen(), self._painted(tokens)
        motion = find_motion(self._rows, painted)
        if motion is not None:
            pen.move(motion)
            self._move(motion)
        for y, row in painted.items():
            self._put(pen, y, row)
        return pen.ended()

    def _painted(self, tokens: Iterable[Sequence[str]]) -> dict[int, Row]:
        """The rows of a frame as they shall be."""
        painted: dict[int, Row] = {}
        x, y, style = -1, -1, ""
        for line, column, colours, _, text, _ in tokens:
            if line:
                x, y = int(column), int(line)
            elif text:
                cells, row = _cells(style, text), painted.setdefault(y, [*self._rows.get(y, ())])
                row.extend([None] * (x + len(cells) - len(row)))
                row[x : x + len(cells)] = cells
                x += len(cells)
            elif colours:
                style = "" if colours == "0" else style + f"\x1b[{colours}m"
        return painted

    def _move(self, motion: Motion) -> None:
        before = dict(self._rows)
        for y in range(motion.top, motion.bottom + 1):
            source = motion.source(y)
            self._rows[y] = [] if source is None else before.get(source, [])

    def _put(self, pen: _Pen, y: int, row: Row) -> None:
        known = self._rows.setdefault(y, [])
        known.extend([None] * (len(row) - len(known)))
        column = 0 if known != row else len(row)
        while column < len(row):
            cell = row[column]
            if cell is None or known[column] == cell:
                column += 1
                continue
            blanks = self._blanks(row, column)
            if blanks:
                pen.erase(column, y, cell, blanks)
            else:
                pen.write(column, y, cell, known)
            count = max(blanks, 1)
            known[column : column + count] = [cell] * count
            column += count

    def _blanks(self, cells: Row, start: int) -> int:
        """How many cells from here on are to be erased."""
        cell = cells[start]
        is_long = cells[start + LONG_BLANK - 1 : start + LONG_BLANK] == [cell]
        if not self._erases or not is_long or cell is None or cell[1] != " " or not _has_colours_only(cell[0]):
            return 0
        count = next((n for n, cell in enumerate(cells[start:]) if cell != cells[start]), len(cells) - start)
        return count if count >= LONG_BLANK else 0


class _Pen:
    """Where the terminal's cursor is and with what style it writes, while the changes are put together."""

    def __init__(self) -> None:
        self._sent: list[str] = []
        self._x = self._y = -1
        self._style = ""

    def write(self, x: int, y: int, cell: Cell, row: Row) -> None:
        if cell[1]:
            self._go(x, y, row)
            self._turn(cell[0])
            self._sent.append(cell[1])
            self._x = x + (1 if cell[1].isascii() else cell_len(cell[1]))

    def erase(self, x: int, y: int, cell: Cell, count: int) -> None:
        self._go(x, y, [])
        self._turn(cell[0])
        self._sent.append(f"\x1b[{count}X")

    def move(self, motion: Motion) -> None:
        self._turn("")
        self._sent.append(motion.sequence)
        self._x = self._y = -1

    def ended(self) -> str:
        self._turn("")
        return "".join(self._sent)

    def _go(self, x: int, y: int, row: Row) -> None:
        if (self._x, self._y) == (x, y):
            return
        gap = row[self._x : x] if self._y == y and 0 < x - self._x <= SHORT_GAP else []
        if gap and all(cell is not None and cell[0] == self._style and cell[1].isascii() for cell in gap):
            self._sent += [cell[1] for cell in gap if cell is not None]
        else:
            self._sent.append(f"\x1b[{y};{x}H")
        self._x, self._y = x, y

    def _turn(self, style: str) -> None:
        if style != self._style:
            self._sent.append((RESET if self._style else "") + style)
            self._style = style


@lru_cache
def _has_colours_only(style: str) -> bool:
    """An underline or a swap of colours would be lost by erasing."""
    codes = style.removeprefix("\x1b[").removesuffix("m")
    return not _COLOURS.sub("", codes).strip(";")


@lru_cache(512)
def _cells(style: str, text: str) -> list[Cell]:
    """What takes no cell, for instance an accent, is with the character before it."""
    if text.isascii():
        return [(style, character) for character in text]
    found: list[str] = []
    for character in text:
        width = cell_len(character)
        if width == 0 and found:
            found[-1 if found[-1] else -2] += character
        else:
            found += [character, *[""] * (width - 1)]
    return [(style, character) for character in found]
