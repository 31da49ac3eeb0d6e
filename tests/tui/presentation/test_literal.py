from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from mltui.tui.presentation.literal import fitted, literal
from tui.presentation.foreign import NASTY, UNHURRIED, assert_harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("main", "main"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\nb\tc\r", "a␊b␉c␍"),
        ("\x00\x7f\x9b", "␀␡·"),
        ("[bold]markup[/]", "[bold]markup[/]"),
        ("abc\u202ecba", "abc·cba"),
        ("a\u200bb\ufeff\u2066", "a·b··"),
        ("line\u2028end", "line␊end"),
        ("wide\u00a0space", "wide space"),
        ("e\u0301t", "e\u0301t"),
        ("x\u0301\u0302\u0303\u0304", "x\u0301\u0302··"),
        ("\u0301x", "·x"),
        ("\ud800", "·"),
        ("❤\ufe0f", "❤"),
        ("\u3164", "·"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert literal(text) == shown


def test_what_is_no_text_is_told_as_text() -> None:
    assert literal(None) == "None"
    assert literal(12) == "12"


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abc…"),
        ("abcdef", 1, "…"),
        ("abcdef", 0, ""),
        ("日本語", 4, "日…"),
        ("日本語", 5, "日本…"),
    ],
)
def test_it_is_cut_by_cells(text: str, width: int, shown: str) -> None:
    assert literal(text, width=width) == shown


@UNHURRIED
@given(NASTY, st.integers(0, 40))
def test_any_text_is_one_harmless_line_within_its_width(text: str, width: int) -> None:
    assert_harmless([Text(literal(text))], 10_000)
    assert cell_len(literal(text, width=width)) <= width
    assert literal(literal(text)) == literal(text)


@UNHURRIED
@given(NASTY, st.integers(0, 40), st.sampled_from("<>^"))
def test_fitted_text_has_exactly_its_width(text: str, width: int, align: str) -> None:
    assert cell_len(fitted(literal(text), width, align)) == width
