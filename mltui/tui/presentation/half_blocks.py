"""Pictures of two pixels a cell: `▀` with the upper pixel as its colour and the lower as its background."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.color import Color
from rich.style import Style
from rich.text import Text

Pixel = tuple[int, int, int]
Rows = list[list[Pixel]]

_HALF = "▀"
_LONGEST_SIDE = 4096
_MOST_SAMPLES = 3
"""Lines of a box that count: more change a mean of pixels by less than an eye sees, and cost time."""


def picture(pixels: bytes, *, pixel_width: int, pixel_height: int, columns: int, rows: int) -> list[Text]:
    """`pixels` are RGB, row by row. Fills `columns` or `rows`, whichever comes first: a cell is 1 x 2 pixels.

    A pixel that is made smaller is the mean of lines of its box. What is no picture of that size is told as a sentence.
    """
    sides = (pixel_width, pixel_height)
    if not all(0 < side <= _LONGEST_SIDE for side in sides) or len(pixels) != 3 * pixel_width * pixel_height:
        return [Text("! the picture cannot be shown"[: max(0, columns)], "yellow")][: max(0, rows)]
    if columns < 1 or rows < 1:
        return []
    scale = min(columns / pixel_width, 2 * rows / pixel_height)
    across = min(columns, max(1, round(pixel_width * scale)))
    down = min(2 * rows, max(1, round(pixel_height * scale)))
    sampled = _sampled(pixels, pixel_width, _edges(pixel_width, across), _edges(pixel_height, down))
    return [_line(sampled[top], sampled[top + 1 : top + 2]) for top in range(0, down, 2)]


def _edges(length: int, parts: int) -> list[tuple[int, int]]:
    """Start and end of each part, at least one long."""
    starts = [index * length // parts for index in range(parts)]
    return [(start, max(start + 1, (index + 1) * length // parts)) for index, start in enumerate(starts)]


def _sampled(pixels: bytes, pixel_width: int, across: list[tuple[int, int]], down: list[tuple[int, int]]) -> Rows:
    return [[_mean(pixels, pixel_width, box, lines) for box in across] for lines in map(_lines, down)]


def _lines(part: tuple[int, int]) -> range:
    start, end = part
    return range(start, end, -(-(end - start) // _MOST_SAMPLES))


def _mean(pixels: bytes, pixel_width: int, box: tuple[int, int], lines: range) -> Pixel:
    start, end = 3 * box[0], 3 * box[1]
    taken = b"".join([pixels[3 * pixel_width * line + start : 3 * pixel_width * line + end] for line in lines])
    count = len(taken) // 3
    return sum(taken[::3]) // count, sum(taken[1::3]) // count, sum(taken[2::3]) // count


def _line(upper: Sequence[Pixel], lower: Sequence[Sequence[Pixel]]) -> Text:
    """`lower` is empty below the last line of an odd number."""
    line = Text()
    pairs: Sequence[tuple[Pixel, Pixel | None]] = (
        list(zip(upper, lower[0], strict=True)) if lower else [(pixel, None) for pixel in upper]
    )
    for (above, below), cells in groupby(pairs):
        background = None if below is None else Color.from_rgb(*below)
        line.append(_HALF * len(list(cells)), Style.from_color(Color.from_rgb(*above), background))
    return line
