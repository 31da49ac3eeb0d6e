from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from rich.text import Text

from mltui.tui.presentation.half_blocks import picture
from tui.presentation.foreign import UNHURRIED

RED, GREEN, BLUE = b"\xff\x00\x00", b"\x00\xff\x00", b"\x00\x00\xff"


def looks(line: Text) -> list[tuple[str, str]]:
    found = [span.style for span in line.spans]
    assert all(isinstance(style, Style) for style in found)
    return [(style.color.name, style.bgcolor.name if style.bgcolor else "") for style in found]  # type: ignore[union-attr]


def test_the_upper_pixel_is_the_colour_and_the_lower_the_background() -> None:
    (line,) = picture(RED + GREEN + BLUE + RED, pixel_width=2, pixel_height=2, columns=2, rows=1)
    assert line.plain == "▀▀"
    assert looks(line) == [("#ff0000", "#0000ff"), ("#00ff00", "#ff0000")]


def test_an_odd_last_line_has_no_background() -> None:
    lines = picture(RED * 3, pixel_width=1, pixel_height=3, columns=1, rows=9)
    assert [looks(line) for line in lines] == [[("#ff0000", "#ff0000")], [("#ff0000", "")]]


def test_a_smaller_picture_has_the_means_of_its_boxes() -> None:
    (line,) = picture(b"\x00\x00\x00\xc8\x64\x32" * 4, pixel_width=2, pixel_height=4, columns=1, rows=1)
    assert looks(line) == [("#643219", "#643219")]


@pytest.mark.parametrize(
    ("width", "height", "cells"), [(160, 160, (30, 15)), (320, 160, (30, 8)), (80, 160, (15, 15)), (28, 28, (30, 15))]
)
def test_the_aspect_is_kept(width: int, height: int, cells: tuple[int, int]) -> None:
    pixels = bytes(range(256)) * (3 * width * height // 256 + 1)
    lines = picture(pixels[: 3 * width * height], pixel_width=width, pixel_height=height, columns=30, rows=15)
    assert ({line.cell_len for line in lines}, len(lines)) == ({cells[0]}, cells[1])


@pytest.mark.parametrize(("width", "height"), [(0, 0), (-1, 2), (3, 1), (10**9, 10**9)])
def test_what_is_no_picture_of_its_size_is_told(width: int, height: int) -> None:
    lines = picture(RED * 2, pixel_width=width, pixel_height=height, columns=80, rows=3)
    assert [line.plain for line in lines] == ["! the picture cannot be shown"]


@UNHURRIED
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 30), st.integers(0, 20))
def test_no_picture_leaves_its_frame(width: int, height: int, columns: int, rows: int) -> None:
    pixels = bytes(range(240)) * 20
    lines = picture(pixels[: 3 * width * height], pixel_width=width, pixel_height=height, columns=columns, rows=rows)
    assert len(lines) <= rows
    assert all(0 < line.cell_len <= columns for line in lines)
