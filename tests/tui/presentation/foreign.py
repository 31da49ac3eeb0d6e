"""Text and figures as a damaged or hostile project may bring them, and what every line of the screen owes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from hypothesis import settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

UNHURRIED = settings(deadline=None)
"""A busy machine is no fault of what is tested."""

NASTY = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["\x1b[31mred", "\x1b]0;title\x07", "a\nb\tc", "\u202eevil", "zero\u200bwidth", "日本語のラベル", "e\u0301" * 5]
    ),
)
FIGURES = st.floats(allow_nan=True, allow_infinity=True)
WIDTHS = st.integers(30, 130)


def plain(lines: Iterable[Text]) -> list[str]:
    return [line.plain.rstrip() for line in lines]


def assert_harmless(lines: Iterable[Text], width: int) -> None:
    for line in lines:
        assert cell_len(line.plain) <= width, line.plain
        assert [one for one in line.plain if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")] == []
