"""Whom a person sees first, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import may_be_harmed, most_telling, most_telling_first, worst_first
from mltui.operations.report.sentences import group_sentences


def figure(group: str, metric: str, verdict: str, difference: float | None, **given: Any) -> GroupFigure:
    known: dict[str, Any] = {"n": 19, "value": 0.5, "low": 0.4, "high": 0.6, "ratio": None, "slice": {"place": group}}
    known |= {"ratio_low": None, "ratio_high": None, "difference": difference} | given
    return GroupFigure(metric=metric, verdict=verdict, **known)


def harbour(metric: str = "mae") -> GroupFigure:
    return figure(
        "harbour", metric, "too few", 14.6, value=36.43, ratio=1.668, difference_low=3.4, difference_high=33.9
    )


def order(*figures: GroupFigure) -> list[tuple[str, str]]:
    assert [each.group for each in worst_first(reversed(figures))] == [each.group for each in worst_first(figures)]
    return [(each.group, each.metric) for each in worst_first(figures)]


def test_of_what_is_unclear_who_may_be_harmed_stands_before_who_is_better_off_however_few_the_rows() -> None:
    better = figure("outskirts", "rmse", "undecided", -2.7, n=153, ratio=0.906)
    chance = figure("hill", "mae", "undecided", 20.0, ratio=1.9, difference_low=-9.0, difference_high=50.0)
    untold = figure("mill", "mae", "undecided", None, value=None)
    told = order(better, untold, chance, harbour("rmse"), harbour())
    assert told == [
        ("harbour", "mae"), ("hill", "mae"), ("harbour", "rmse"), ("outskirts", "rmse"), ("mill", "mae"),
    ]  # fmt: skip
    assert most_telling([better, harbour()]) == harbour()


def test_what_people_feel_stands_before_scores_and_the_data_last() -> None:
    loss = figure("young", "log_loss", "outside", 0.157)
    missed = figure("young", "false_negative_rate", "outside", 0.104)
    taken = figure("young", "selection_rate", "outside", -0.3)
    better = figure("old", "recall", "outside", 0.4)
    base = figure("young", "base_rate", "outside", -0.5)
    few = figure("other", "recall", "too few", -0.9)
    assert [metric for _, metric in order(base, loss, few, better, taken, missed)] == [
        "false_negative_rate", "selection_rate", "log_loss", "recall", "base_rate", "recall",
    ]  # fmt: skip


def test_a_part_of_a_group_that_is_named_is_not_named_again_and_the_rest_is_counted_with_its_side() -> None:
    part = figure("", "false_negative_rate", "outside", 0.3, slice={"place": "young", "sex": "f"})
    missed = figure("young", "false_negative_rate", "outside", 0.104, n=290, value=0.137, ratio=4.1)
    better = figure("old", "recall", "outside", 0.4)
    first, rest = group_sentences([part, figure("young", "log_loss", "outside", 0.157), better, missed])
    assert first == (
        "young (place) is worse off, by more than chance explains: "
        "the false negative rate of its 290 rows is 0.137, 4.1 times that of all others."
    )
    assert rest == "3 further figures of groups are outside of the limits, 2 of them of groups that are worse off."
    assert [len(each.slice) for each in most_telling_first([part, missed])] == [1, 2]
    (only,) = group_sentences([part])
    assert only.startswith("young × f (place × sex) is worse off")


def test_where_nobody_is_outside_who_may_be_worse_off_is_named_all_the_same() -> None:
    fine = figure("hill", "mae", "undecided", 0.2, ratio=1.03)
    first, last = group_sentences([fine, harbour("rmse"), harbour()])
    assert first == (
        "harbour (place) may be worse off: the mae of its 19 rows is 36.43, 1.668 times that of all others; "
        "too few rows to tell."
    )
    assert last == "No group is outside of the limits, but 3 figures are not decided."
    assert list(group_sentences([fine])) == ["No group is outside of the limits, but 1 figure is not decided."]


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        (figure("a", "recall", "too few", -0.4, ratio=0.5), True),
        (figure("a", "recall", "too few", -0.1, ratio=0.9), False),
        (figure("a", "recall", "too few", 0.4, ratio=1.5), False),
        (figure("a", "r2", "too few", -0.4), False),
        (figure("a", "r2", "too few", -0.4, difference_low=-0.6, difference_high=-0.2), True),
        (figure("a", "selection_rate", "too few", -0.4, ratio=0.5), False),
    ],
)
def test_who_may_be_harmed_is_worse_off_beyond_the_limits(each: GroupFigure, expected: bool) -> None:
    assert may_be_harmed(each) is expected
