"""The confusion matrix: counts and shares in shaded cells, or the pairs that are most confused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from mltui.tui.presentation.figures import figure, percent
from mltui.tui.presentation.literal import cut, fitted, literal
from mltui.tui.presentation.table import columns, shortened

MOST_CLASSES = 8
MOST_PAIRS = 10

_SHADES = " ░▒▓█"
_GAP = 2
_EDGE = 7
"""Cells of `100.0 %`."""
_SHARE = 5
"""Cells of a shade and `100%`."""

Counts = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class _Layout:
    label: int
    """Cells of the column of names."""
    cell: int
    is_tall: bool
    """Count and share on two lines."""

    def width(self, count: int) -> int:
        return self.label + count * (_GAP + self.cell) + _GAP + _EDGE


def confusion(classes: Sequence[str], counts: Counts, *, width: int) -> list[Text]:
    """`counts` is [truth][answer]; shares are of the truth's row.

    A cell's shade goes with its share: ░ up to 25 %, ▒ 50 %, ▓ 75 %, █ above. More than 8 classes, or more than the
    width holds, become the list of the most confused pairs, which says so.
    """
    names = [literal(name) for name in classes]
    if not names:
        return [shortened(Text("· no confusion matrix: there are no classes", "dim"), width)]
    if len(counts) != len(names) or any(len(row) != len(names) for row in counts):
        return [shortened(Text("! the counts do not fit the classes", "yellow"), width)]
    if len(names) > MOST_CLASSES:
        return _pairs(names, counts, f"{len(names)} classes", width=width)
    layout = next((each for each in _layouts(names, counts) if each.width(len(names)) <= width), None)
    if layout is None:
        return _pairs(names, counts, f"{len(names)} classes in {width} columns", width=width)
    return [*_matrix(names, counts, layout), shortened(_right(counts), width)]


def _layouts(names: Sequence[str], counts: Counts) -> list[_Layout]:
    """From the roomiest to the narrowest."""
    longest = max(map(cell_len, names))
    digits = max(len(f"{count:,}") for row in counts for count in row)
    label, beside = max(9, min(longest + 2, 16)), digits + 1 + _SHARE
    return [
        _Layout(label, max(beside, min(longest, 14)), is_tall=False),
        _Layout(label, beside, is_tall=False),
        _Layout(label, max(digits, _SHARE), is_tall=True),
        _Layout(9, max(digits, _SHARE), is_tall=True),
    ]


def _matrix(names: Sequence[str], counts: Counts, layout: _Layout) -> list[Text]:
    gap = " " * _GAP
    head = Text(fitted("truth ↓", layout.label), "bold")
    labels, heads = _labels(names, layout)
    for name in heads:
        head.append(gap).append(fitted(name, layout.cell, ">"))
    head.append(gap).append(fitted("recall", _EDGE, ">"))
    lines = [Text(" " * layout.label + gap + "answer →", "dim"), head]
    for index, name in enumerate(labels):
        lines.extend(_row(name, counts[index], index, layout))
    last = Text(fitted("precision", layout.label), "dim")
    for index, column in enumerate(zip(*counts, strict=True)):
        last.append(gap).append(fitted(_whole(_share(column[index], sum(column))), layout.cell, ">"))
    return [*lines, last]


def _labels(names: Sequence[str], layout: _Layout) -> tuple[list[str], list[str]]:
    """Of the rows and of the columns; numbered where a column has no room for a name."""
    if all(cell_len(name) <= layout.cell for name in names):
        return list(names), list(names)
    numbers = range(1, len(names) + 1)
    return [f"{number} {name}" for number, name in zip(numbers, names, strict=True)], [str(each) for each in numbers]


def _row(name: str, row: Sequence[int], index: int, layout: _Layout) -> list[Text]:
    total = sum(row)
    first, second = Text(fitted(name, layout.label)), Text(" " * layout.label)
    for column, count in enumerate(row):
        share = _share(count, total)
        look = _style(share, is_right=column == index)
        shaded = _shade(share) + _whole(share).rjust(_SHARE - 1)
        first.append(" " * _GAP)
        if layout.is_tall:
            first.append(fitted(f"{count:,}", layout.cell, ">"), look)
            second.append(" " * _GAP).append(fitted(shaded, layout.cell, ">"), look)
        else:
            first.append(fitted(f"{count:,} {shaded}", layout.cell, ">"), look)
    first.append(" " * _GAP).append(fitted(percent(_share(row[index], total)), _EDGE, ">"), "dim")
    return [first, second] if layout.is_tall else [first]


def _pairs(names: Sequence[str], counts: Counts, reason: str, *, width: int) -> list[Text]:
    found = sorted(
        (
            (count, truth, answer)
            for truth, row in enumerate(counts)
            for answer, count in enumerate(row)
            if truth != answer and count > 0
        ),
        key=lambda each: (-each[0], each[1:]),
    )
    title = f"{reason}: no room for the matrix; " + _told(len(found))
    rows = [
        (names[truth], names[answer], figure(count), percent(_share(count, sum(counts[truth]))))
        for count, truth, answer in found[:MOST_PAIRS]
    ]
    head = ("truth", "answer", "rows", "of truth")
    table = columns(rows, head=head, align="<<>>", width=width, flexible=(0, 1)) if rows else []
    return [*_wrapped(title, width), *table, shortened(_right(counts), width)]


def _told(count: int) -> str:
    if count == 0:
        return "nothing is confused"
    return f"the {MOST_PAIRS} most confused of {count:,} pairs" if count > MOST_PAIRS else "all confused pairs"


def _wrapped(text: str, width: int) -> list[Text]:
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(cut(word, width))
    return [Text(line, "dim") for line in lines]


def _right(counts: Counts) -> Text:
    right, total = sum(row[index] for index, row in enumerate(counts)), sum(map(sum, counts))
    return Text(f"{right:,} of {total:,} right ({percent(_share(right, total))})")


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _whole(share: float | None) -> str:
    """In whole percent; only what is exactly nothing or all is called so."""
    if share is None:
        return "–"
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{100 * share:.0f}%"


def _shade(share: float | None) -> str:
    return _SHADES[0] if share is None else _SHADES[min(4, math.ceil(share * 4))]


def _style(share: float | None, *, is_right: bool) -> str:
    if not share:
        return "dim"
    if is_right:
        return "green"
    return "red" if share >= 0.1 else "yellow"
