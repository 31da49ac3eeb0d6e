"""What a verdict says of one figure, in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from mltui.domain.verdict_words import reason, rows_to_collect, with_side
from mltui.domain.version import GroupFigure


def figure(verdict: str, metric: str = "recall", **given: Any) -> GroupFigure:
    known = {"n": 34, "value": 0.66, "low": 0.5, "high": 0.8, "ratio": None, "ratio_low": None, "ratio_high": None}
    return GroupFigure(slice={"lighting": "dark"}, metric=metric, verdict=verdict, **{**known, **given})


RATIO = {"ratio": 0.7765, "ratio_low": 0.6167, "ratio_high": 0.9363, "difference": -0.19}
SAME = {"ratio": 1.01, "ratio_low": 0.9, "ratio_high": 1.1, "difference": 0.01}
GAP = {"difference": 12.25, "difference_low": 8.0, "difference_high": 16.5}


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (
            figure("outside", **RATIO),
            "worse off than all others: its recall is 0.7765 times that of all others (0.6167 to 0.9363),"
            " below the limit of 0.8, by more than chance explains",
        ),
        (
            figure("outside", **{**RATIO, "ratio": 1.5, "ratio_high": None, "difference": 0.2}, reference="day"),
            "better off than day: its recall is 1.5 times that of day (0.6167 or more), above the limit of 1.25,"
            " by more than chance explains",
        ),
        (
            figure("outside", "selection_rate", **RATIO),
            "differs from all others: its selection_rate is 0.7765 times that of all others (0.6167 to 0.9363),"
            " below the limit of 0.8, by more than chance explains",
        ),
        (
            figure("outside", "mean_error", **GAP),
            "differs from all others: its mean_error lies +12.25 from that of all others (8 to 16.5),"
            " more than 0.2 standard deviations of the truth apart, by more than chance explains",
        ),
        (
            figure("outside", difference=0.3),
            "better off than all others: its recall lies +0.3 from that of all others, which is 0,"
            " by more than chance explains",
        ),
        (
            figure("undecided", **RATIO, needed=180),
            "its recall is 0.7765 times that of all others (0.6167 to 0.9363):"
            " too few rows to tell whether that lies within 0.8 to 1.25",
        ),
        (
            figure("undecided", "r2", **GAP),
            "its r2 lies +12.25 from that of all others (8 to 16.5): too few rows to tell whether that lies within 0.2",
        ),
        (figure("undecided", reference="day"), "day: too few rows to compare with"),
        (figure("too few", n=12), "of fewer than 30 rows that count nothing is said"),
        (
            figure("too few", "auc", n=40, value=None),
            "its auc is undefined on these rows, for instance where all are of one class",
        ),
        (figure("too few", n=90, pooled=12), "12 groups, each with fewer than the 30 rows of a verdict"),
        (
            figure("within", **SAME),
            "its recall is 1.01 times that of all others (0.9 to 1.1): surely within 0.8 to 1.25",
        ),
        (
            figure("within", "mae", **{**SAME, "ratio_high": 1.4}),
            "its mae is 1.01 times that of all others (0.9 to 1.4):"
            " less than 0.02 standard deviations of the truth apart, too little to matter",
        ),
        (
            figure("within", "mean_error", **GAP),
            "its mean_error lies +12.25 from that of all others (8 to 16.5):"
            " surely within 0.2 standard deviations of the truth, or too little to matter",
        ),
        (figure("within", reference="dark"), "the group that all others are held against"),
        (figure("of tomorrow"), ""),
    ],
)
def test_a_verdict_says_against_whom_how_far_from_which_limit_and_how_surely(shown: GroupFigure, sentence: str) -> None:
    assert reason(shown) == sentence


def test_rows_to_collect_are_those_that_are_missing_for_a_verdict_and_of_many_groups_not_known() -> None:
    assert rows_to_collect(figure("undecided", needed=180)) == 146
    assert rows_to_collect(figure("too few", n=12)) == 18
    of_nobody = (figure("undecided"), figure("too few", n=40), figure("too few", n=9, pooled=3), figure("outside"))
    assert [rows_to_collect(each) for each in of_nobody] == [None] * 4


def test_of_what_is_outside_the_side_is_said_where_the_metric_has_one() -> None:
    told = [figure("outside", **RATIO), figure("outside", difference=0.3), figure("outside", "mean_error", **GAP)]
    assert [with_side(each) for each in told] == ["outside, worse off", "outside, better off", "outside"]
    assert with_side(figure("undecided", **RATIO)) == "undecided"
