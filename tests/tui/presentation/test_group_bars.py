from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from mltui.domain.version import GroupFigure
from mltui.tui.presentation.group_bars import group_bars
from tui.presentation.foreign import NASTY, UNHURRIED, assert_harmless, plain


def group(
    name: str,
    n: int,
    value: float | None,
    low: float | None,
    high: float | None,
    verdict: str,
    needed: int | None = None,
) -> GroupFigure:
    return GroupFigure({"sex": name}, "recall", n, value, low, high, None, None, None, verdict, needed)


GROUPS = (
    group("female", 120, 0.8, 0.7, 0.9, "within"),
    group("male", 1300, 0.5, 0.4, 0.6, "outside"),
    group("other", 9, None, None, None, "too few"),
    group("unknown", 40, 0.75, 0.5, 0.85, "undecided", 410),
)


def test_every_group_has_figures_whiskers_and_a_verdict_in_words() -> None:
    assert plain(group_bars(GROUPS, overall=0.8, width=80)) == [
        "recall by sex",
        "group        n   value  95 % interval                          verdict",
        "female     120  0.8000  0.7000 to 0.9000             ├──●───┤  ✓ within",
        "male     1,300  0.5000  0.4000 to 0.6000  ├───●──┤      ┊      ✗ outside",
        "other        9       –                    no value      ┊      ! too few",
        "unknown     40  0.7500  0.5000 to 0.8500      ├────────●┼─┤    ? undecided (410)",
        "                                          0.4000       0.9000",
        "┊ all rows together 0.8000   ● value   ├─┤ 95 % interval",
        "(n) rows in the denominator would decide it",
    ]


def test_the_picture_at_80_columns() -> None:
    lines = plain(group_bars(GROUPS, overall=0.8, width=80))
    assert lines[0] == "recall by sex"
    assert lines[2].split() == [
        "female", "120", "0.8000", "0.7000", "to", "0.9000", lines[2].split()[6], "✓", "within",
    ]  # fmt: skip
    assert lines[4].split()[:5] == ["other", "9", "–", "no", "value"]
    assert lines[5].endswith("? undecided (410)")
    assert lines[6].split() == ["0.4000", "0.9000"]
    assert lines[7].startswith("┊ all rows together 0.8000")
    assert lines[8] == "(n) rows in the denominator would decide it"


def test_a_bar_lies_where_its_value_lies() -> None:
    lines = plain(group_bars(GROUPS, overall=0.8, width=100))
    female, male = lines[2], lines[3]
    assert male.index("├") < male.index("●") < male.index("┤") < female.index("├")
    assert female.index("┤") == lines[6].index("0.9000") + len("0.9000") - 1
    assert male.index("├") == lines[6].index("0.4000")
    assert male.index("┊") == female.index("●")


def test_a_group_without_a_value_has_no_dot() -> None:
    assert "●" not in plain(group_bars(GROUPS, overall=0.8, width=80))[4]


def test_the_scale_holds_the_overall_value_too() -> None:
    lines = plain(group_bars(GROUPS[:2], overall=0.1, width=80))
    assert lines[4].split() == ["0.1000", "0.9000"]


def test_a_narrow_screen_gets_the_figures_without_bars() -> None:
    lines = plain(group_bars(GROUPS, overall=0.8, width=40))
    assert lines[2:4] == ["female    120  0.8000  ✓ within", "male    1,300  0.5000  ✗ outside"]


def test_sixty_columns_have_bars_and_whole_verdicts() -> None:
    lines = plain(group_bars(GROUPS, overall=0.8, width=60))
    assert "●" in lines[2]
    assert lines[5].endswith("? undecided (410)")


def test_no_groups_and_no_values_are_told() -> None:
    assert plain(group_bars((), overall=0.5, width=80)) == ["· no groups"]
    lines = plain(group_bars(GROUPS[2:3], overall=math.nan, width=80))
    assert lines[2:] == ["other  9      –  ! too few", "no overall value"]


_VALUES = st.none() | st.floats()


@UNHURRIED
@given(
    st.lists(
        st.builds(
            group, NASTY, st.integers(0, 10**9), _VALUES, _VALUES, _VALUES,
            st.sampled_from(["within", "outside", "too few", "undecided", "melted"]), st.none() | st.integers(0, 10**9),
        ),
        max_size=30,
    ),
    _VALUES,
    st.integers(30, 130),
)  # fmt: skip
def test_no_breakdown_is_wider_than_the_screen(groups: list[GroupFigure], overall: float | None, width: int) -> None:
    lines = group_bars(groups, overall=overall, width=width)
    assert_harmless(lines, width)
    assert len(lines) >= len(groups)
