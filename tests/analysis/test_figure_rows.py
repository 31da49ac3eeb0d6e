"""Which rows count in a figure, and which of them are its mistakes."""

from __future__ import annotations

import numpy as np
import pytest

from mltui.analysis.figure_rows import rows_of
from mltui.analysis.groups import breakdown
from mltui.analysis.table import EvaluationTable
from mltui.domain.groups import GroupedMetric
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import worst_first
from mltui.errors import NotFound, UsageError
from mltui.pooling import MOST_GROUPS, POOLED

from .tables import classification, drawn_classification, regression

TRUTH, SAID = [1, 1, 1, 0, 0, 0, 1, 1], [1, 0, 0, 1, 0, 1, 1, 0]
TACO = [0.9, 0.4, 0.1, 0.7, 0.2, 0.95, 0.6, 0.3]
"""Score of the second class."""


def table() -> EvaluationTable:
    lighting = ["dim", "dim", "dim", "dim", "dim", "dim", "day", ""]
    camera = ["a", "b", "a", "b", "a", "b", "a", "a"]
    scores = np.column_stack([1 - np.array(TACO), TACO])
    return classification(TRUTH, SAID, scores=scores, attributes={"lighting": lighting, "camera": camera})


@pytest.mark.parametrize(
    ("metric", "mistakes", "right"),
    [
        ("accuracy", [5, 2, 3, 1], [0, 4]),
        ("recall", [2, 1], [0]),
        ("recall:burrito", [5, 3], [4]),
        ("false_negative_rate", [2, 1], [0]),
        ("precision", [5, 3], [0]),
        ("false_positive_rate", [5, 3], [4]),
        ("f1", [5, 2, 3, 1], [0]),
        ("base_rate", [5, 2, 3, 1], [0, 4]),
        ("auc", [5, 2, 3, 1], [0, 4]),
    ],
)
def test_the_rows_of_a_metric_are_its_denominator_with_the_most_confident_mistakes_first(
    metric: str, mistakes: list[int], right: list[int]
) -> None:
    found = rows_of(table(), GroupedMetric(metric, {"lighting": "dim"}))
    assert (found.places[: found.mistakes].tolist(), found.places[found.mistakes :].tolist()) == (mistakes, right)


def test_rows_and_mistakes_are_those_that_the_breakdown_counts() -> None:
    drawn = drawn_classification(3)
    names = ["abc"[place % 3] for place in range(len(drawn))]
    whole = classification(
        drawn.truth, drawn.prediction, classes=drawn.classes, scores=drawn.scores, attributes={"of": names}
    )
    shares = ("accuracy", "recall", "precision", "selection_rate", "false_positive_rate", "false_negative_rate")
    for figure in breakdown(whole, metrics=(*shares, "recall:class 0", "f1")):
        found = rows_of(whole, GroupedMetric(figure.metric, figure.slice))
        assert len(found.places) == figure.n, figure
        if figure.metric.partition(":")[0] in ("accuracy", "recall", "precision"):
            assert figure.value == pytest.approx(1 - found.mistakes / figure.n)
        if figure.metric.endswith("positive_rate"):
            assert figure.value == pytest.approx(found.mistakes / figure.n)


def test_an_intersection_is_a_group_and_rows_without_a_value_are_in_none() -> None:
    found = rows_of(table(), GroupedMetric("accuracy", {"lighting": "dim", "camera": "a"}))
    assert found.places.tolist() == [2, 0, 4]
    assert len(rows_of(table(), GroupedMetric("accuracy")).places) == len(TRUTH)
    assert len(rows_of(table(), GroupedMetric("accuracy", {"lighting": "day"})).places) == 1


def test_the_rows_of_rare_groups_that_are_told_together_are_found_together() -> None:
    names = [*["many"] * 40, *(f"rare {number}" for number in range(MOST_GROUPS + 1))]
    whole = classification([1] * len(names), [0] * len(names), attributes={"town": names})
    pooled = next(each for each in breakdown(whole, metrics=["recall"]) if each.slice == {"town": POOLED})
    assert len(rows_of(whole, GroupedMetric("recall", pooled.slice)).places) == pooled.n == MOST_GROUPS + 1


def test_the_largest_errors_of_a_regression_come_first_whichever_way() -> None:
    found = rows_of(regression([1, 2, 3, 4], [1.5, 2, 0, 4.1]), GroupedMetric("rmse"))
    assert (found.places.tolist(), found.mistakes) == ([2, 0, 3, 1], 3)


def test_without_scores_the_order_is_the_tables_and_a_mean_counts_every_row() -> None:
    found = rows_of(classification([0, 1, 2, 2], [0, 2, 2, 1], classes="abc"), GroupedMetric("recall"))
    assert (found.places.tolist(), found.mistakes) == ([1, 3, 0, 2], 2)


@pytest.mark.parametrize(
    ("of", "error", "says"),
    [
        (GroupedMetric("mae"), UsageError, "no metric of a classification"),
        (GroupedMetric("recall:pizza"), UsageError, "no class “pizza”"),
        (GroupedMetric("accuracy", {"weather": "wet"}), NotFound, "no attribute “weather”"),
        (GroupedMetric("accuracy", {"lighting": "neon"}), NotFound, "no group “neon”"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(of: GroupedMetric, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        rows_of(table(), of)


def test_the_worst_is_what_is_outside_and_furthest_in_the_bad_direction() -> None:
    def told(group: str, metric: str, verdict: str, difference: float | None) -> GroupFigure:
        return GroupFigure({"of": group}, metric, 50, 0.5, 0.4, 0.6, None, None, None, verdict, difference=difference)

    figures = [
        told("fine", "recall", "within", -0.01),
        told("few", "recall", "too few", -0.5),
        told("better", "recall", "outside", 0.4),
        told("worse", "recall", "outside", -0.3),
        told("open", "recall", "undecided", None),
        told("missed", "false_negative_rate", "outside", 0.5),
    ]
    assert [each.group for each in worst_first(figures)] == ["missed", "worse", "better", "few", "open", "fine"]
