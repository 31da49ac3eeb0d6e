from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.tui.presentation.heat_map import confusion
from tui.presentation.foreign import NASTY, UNHURRIED, WIDTHS, assert_harmless, plain

TACOS = (("taco", "burrito", "nachos"), ((120, 3, 0), (14, 70, 2), (1, 0, 55)))


def test_counts_shares_recall_and_precision_stand_in_figures() -> None:
    assert plain(confusion(*TACOS, width=80)) == [
        "           answer →",
        "truth ↓         taco    burrito     nachos   recall",
        "taco       120 █ 98%    3 ░  2%    0    0%   97.6 %",
        "burrito     14 ░ 16%   70 █ 81%    2 ░  2%   81.4 %",
        "nachos       1 ░  2%    0    0%   55 █ 98%   98.2 %",
        "precision        89%        96%        96%",
        "245 of 265 right (92.5 %)",
    ]


def test_a_narrow_matrix_takes_two_lines_a_class_and_numbers_its_columns() -> None:
    assert plain(confusion(*TACOS, width=42)) == [
        "           answer →",
        "truth ↓        1      2      3   recall",
        "1 taco       120      3      0   97.6 %",
        "           █ 98%  ░  2%     0%",
        "2 burrito     14     70      2   81.4 %",
        "           ░ 16%  █ 81%  ░  2%",
        "3 nachos       1      0     55   98.2 %",
        "           ░  2%     0%  █ 98%",
        "precision    89%    96%    96%",
        "245 of 265 right (92.5 %)",
    ]


def test_eight_classes_of_thousands_fit_80_columns() -> None:
    counts = [[1000 if row == column else 20 for column in range(8)] for row in range(8)]
    lines = plain(confusion([f"class {number}" for number in range(8)], counts, width=80))
    assert lines[0].strip() == "answer →"
    assert sum("1,000" in line for line in lines) == 8


def test_too_many_classes_become_the_most_confused_pairs() -> None:
    counts = [[100 if row == column else (row * column) % 5 for column in range(9)] for row in range(9)]
    counts[8][2] = 40
    lines = plain(confusion([f"c{number}" for number in range(9)], counts, width=80))
    assert lines[0].startswith("9 classes: no room for the matrix; the 10 most confused of ")
    assert lines[1].split() == ["truth", "answer", "rows", "of", "truth"]
    assert lines[2].split()[:3] == ["c8", "c2", "40"]
    assert len(lines) == 13


def test_too_narrow_a_screen_gets_the_list_too() -> None:
    lines = plain(confusion(*TACOS, width=34))
    assert " ".join(lines[:2]) == "3 classes in 34 columns: no room for the matrix; all confused pairs"
    assert lines[3].split() == ["burrito", "taco", "14", "16.3", "%"]


def test_nothing_confused_is_said() -> None:
    lines = plain(confusion(["a", "b"], [[1, 0], [0, 1]], width=25))
    assert lines[-2:] == ["nothing is confused", "2 of 2 right (100.0 %)"]


def test_a_class_without_rows_has_no_recall() -> None:
    lines = plain(confusion(["yes", "no"], [[0, 0], [3, 900]], width=80))
    assert lines[2].endswith("–")
    assert "░ <1%" in lines[3]
    assert "█>99%" in lines[3]


@pytest.mark.parametrize("counts", [[], [[1, 2]], [[1], [2]]])
def test_counts_that_do_not_fit_the_classes_are_told(counts: list[list[int]]) -> None:
    assert plain(confusion(["a", "b"], counts, width=80)) == ["! the counts do not fit the classes"]


@UNHURRIED
@given(st.data(), st.integers(0, 12), WIDTHS)
def test_no_matrix_is_wider_than_the_screen(data: st.DataObject, count: int, width: int) -> None:
    names = data.draw(st.lists(NASTY, min_size=count, max_size=count))
    row = st.lists(st.integers(0, 10**7), min_size=count, max_size=count)
    counts = data.draw(st.lists(row, min_size=count, max_size=count))
    assert_harmless(confusion(names, counts, width=width), width)
