from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from mltui.tui.presentation.table import columns, flow
from tui.presentation.foreign import NASTY, UNHURRIED, assert_harmless, plain

ROWS = [("v12", "main", "0.9123"), ("v3", "feature/long-branch-name", "12.30")]


def test_columns_are_aligned_as_told() -> None:
    assert plain(columns(ROWS, head=("version", "branch", "value"), align="<<>", width=80)) == [
        "version  branch                     value",
        "v12      main                      0.9123",
        "v3       feature/long-branch-name   12.30",
    ]


def test_only_flexible_columns_shrink_while_they_can() -> None:
    assert plain(columns(ROWS, align="<<>", width=24, flexible=(1,))) == [
        "v12  main         0.9123",
        "v3   feature/lo…   12.30",
    ]


def test_wide_characters_take_two_cells() -> None:
    assert plain(columns([("日本", "x"), ("abc", "y")], width=20)) == ["日本  x", "abc   y"]


def test_a_styled_cell_keeps_its_style_when_it_is_cut() -> None:
    (line,) = columns([(Text("succeeded", "green"), "x")], width=8, flexible=(0,))
    assert line.plain == "succ…  x"
    assert [(line.plain[span.start : span.end], span.style) for span in line.spans] == [("succ…", "green")]


def test_without_rows_the_head_stands_alone() -> None:
    assert plain(columns([], head=("a", "b"), width=10)) == ["a  b"]
    assert columns([], width=10) == []


@UNHURRIED
@given(st.lists(st.lists(NASTY, min_size=0, max_size=5), max_size=6), st.integers(1, 60), st.sets(st.integers(0, 4)))
def test_a_line_is_never_wider_than_asked(rows: list[list[str]], width: int, flexible: set[int]) -> None:
    lines = columns(rows, width=width, align="<>", flexible=flexible)
    assert len(lines) == len(rows)
    assert_harmless(lines, width)


@UNHURRIED
@given(st.lists(NASTY, max_size=6), st.integers(1, 60))
def test_parts_flow_within_the_width(parts: list[str], width: int) -> None:
    assert_harmless(flow(parts, width=width), width)


def test_parts_that_do_not_fit_go_to_the_next_line() -> None:
    assert plain(flow(["train loss", "last 0.28", "best 0.28"], width=22)) == ["train loss  last 0.28", "  best 0.28"]
