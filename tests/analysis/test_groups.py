from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import msgspec
import numpy as np
import pytest

from mltui.analysis.grouping import Grouping
from mltui.analysis.groups import breakdown
from mltui.analysis.intervals import Z, wilson
from mltui.analysis.ratios import ratios_of
from mltui.analysis.sides import MeanSides, ShareSides, Sides
from mltui.analysis.table import EvaluationTable
from mltui.analysis.verdicts import WORDS, Judge
from mltui.domain.bias import decide_bias
from mltui.domain.bias_limits import BiasLimits
from mltui.domain.checks import Verdict
from mltui.domain.policy import CheckRule
from mltui.domain.version import GroupFigure

from .tables import classification, drawn_classification, regression


def shares(groups: dict[str, tuple[int, int]]) -> EvaluationTable:
    """Group → right answers and rows, all of the class taco."""
    right = [place < top for top, rows in groups.values() for place in range(rows)]
    names = [name for name, (_, rows) in groups.items() for _ in range(rows)]
    return classification([1] * len(right), np.array(right, dtype=int), attributes={"lighting": names})


def figure(table: EvaluationTable, group: str, *, metric: str = "recall") -> GroupFigure:
    return next(one for one in breakdown(table) if (one.group, one.metric) == (group, metric))


def test_a_group_is_held_against_all_other_rows_with_its_own_denominator() -> None:
    table = shares({"day": (90, 100), "dusk": (85, 100), "night": (36, 60)})
    night = figure(table, "night")
    assert (night.n, night.value) == (60, 0.6)
    assert (night.low, night.high) == pytest.approx(tuple(map(float, wilson(36, 60))))
    assert night.ratio is not None
    assert night.ratio_low is not None
    assert night.ratio_high is not None
    assert night.ratio == pytest.approx(0.6 / 0.875)
    assert night.ratio_low < night.ratio < night.ratio_high < 1
    assert night.verdict == "outside"


def test_two_classes_give_every_rate_of_the_second_and_both_recalls() -> None:
    truth, said, light = [0, 0, 1, 1, 1, 0], [0, 1, 1, 1, 0, 0], ["day", "day", "day", "night", "night", "night"]
    found = breakdown(classification(truth, said, attributes={"lighting": light}))
    assert {(one.group, one.metric): (one.n, one.value) for one in found} == {
        ("day", "accuracy"): (3, pytest.approx(2 / 3)),
        ("night", "accuracy"): (3, pytest.approx(2 / 3)),
        ("day", "recall"): (1, 1.0),
        ("night", "recall"): (2, 0.5),
        ("day", "precision"): (2, 0.5),
        ("night", "precision"): (1, 1.0),
        ("day", "f1"): (2, pytest.approx(2 / 3)),
        ("night", "f1"): (2, pytest.approx(2 / 3)),
        ("day", "base_rate"): (3, pytest.approx(1 / 3)),
        ("night", "base_rate"): (3, pytest.approx(2 / 3)),
        ("day", "selection_rate"): (3, pytest.approx(2 / 3)),
        ("night", "selection_rate"): (3, pytest.approx(1 / 3)),
        ("day", "false_positive_rate"): (2, 0.5),
        ("night", "false_positive_rate"): (1, 0.0),
        ("day", "false_negative_rate"): (1, 0.0),
        ("night", "false_negative_rate"): (2, 0.5),
        ("day", "recall:burrito"): (2, 0.5),
        ("night", "recall:burrito"): (1, 1.0),
        ("day", "recall:taco"): (1, 1.0),
        ("night", "recall:taco"): (2, 0.5),
    }


def test_more_classes_give_the_means_of_their_rates() -> None:
    drawn = drawn_classification(1, classes=3, rows=300)
    table = replace(drawn, attributes={"camera": Grouping.of(["phone", "other"] * 150)})
    found = breakdown(table)
    means = {"recall", "precision", "f1", "false_positive_rate", "false_negative_rate", "auc"}
    assert {one.metric for one in found} == means | {"accuracy", "log_loss", "calibration_error"}
    rows = np.flatnonzero(np.arange(300) % 2 == 0)
    recalls = [(drawn.prediction[rows][drawn.truth[rows] == code] == code).mean() for code in range(3)]
    assert figure(table, "phone").value == pytest.approx(np.mean(recalls))


def test_a_mean_of_recalls_is_too_few_when_one_class_of_the_group_is() -> None:
    truth = [0] * 300 + [1] * 300 + [0] * 100 + [1] * 5
    table = classification(truth, truth, attributes={"lighting": ["day"] * 600 + ["night"] * 105})
    night = [one for one in breakdown(table, metrics=["macro_recall"]) if one.metric == "macro_recall"][1]
    assert (night.n, night.verdict) == (19, "too few")


def test_a_mean_of_recalls_is_taken_over_the_classes_of_both_sides() -> None:
    truth = [0] * 40 + [1] * 40 + [2] * 40 + [0] * 40 + [1] * 40
    said = [*truth[:120], *[0] * 40, *[0] * 40]
    table = classification(truth, said, classes="abc", attributes={"lighting": ["day"] * 120 + ["night"] * 80})
    assert figure(table, "night").ratio == 0.5
    assert figure(table, "day").value == 1.0


def test_further_metrics_are_taken_by_group_when_asked_for() -> None:
    drawn = drawn_classification(1, rows=300)
    table = replace(drawn, attributes={"camera": Grouping.of(["phone", "other"] * 150)})
    asked = ("precision:class 0", "log_loss", "auc:class 0", "mae", "recall:nothing", "nothing")
    found = {one.metric for one in breakdown(table, metrics=asked)}
    assert found == {"precision:class 0", "log_loss", "auc:class 0"}
    numbers = regression([1.0] * 60, [2.0] * 60, attributes={"sex": ["f", "m"] * 30})
    assert {one.metric for one in breakdown(numbers, metrics=("mean_error", "recall"))} == {"mean_error"}
    assert {one.metric for one in breakdown(numbers)} == {"mae", "rmse", "r2", "mean_error"}


def test_rows_without_a_value_are_in_no_group_and_among_no_others() -> None:
    with_gaps = shares({"day": (80, 100), "night": (70, 100), "": (0, 50)})
    without = shares({"day": (80, 100), "night": (70, 100)})
    assert breakdown(with_gaps) == breakdown(without)
    assert breakdown(shares({"": (3, 4)})) == ()
    assert breakdown(regression([1.0, 2.0], [1.0, 1.0], attributes={"sex": ["", ""]})) == ()


def test_fewer_rows_than_30_are_too_few_whatever_they_say() -> None:
    assert figure(shares({"day": (100, 100), "night": (0, 29)}), "night").verdict == "too few"
    assert figure(shares({"day": (100, 100), "night": (0, 30)}), "night").verdict == "outside"


def test_a_group_without_rows_of_the_metric_is_too_few() -> None:
    truth = [0] * 40 + [1] * 40
    table = classification(truth, truth, attributes={"lighting": ["day"] * 40 + ["night"] * 40})
    night = figure(table, "night", metric="recall:burrito")
    assert (night.n, night.value, night.ratio, night.verdict) == (0, None, None, "too few")


def test_a_single_group_is_undecided_for_want_of_others() -> None:
    day = figure(shares({"day": (50, 60)}), "day")
    assert (day.verdict, day.ratio, day.needed) == ("undecided", None, None)


def test_a_small_difference_is_within_though_the_ratio_is_large() -> None:
    night = figure(shares({"day": (60, 6000), "night": (13, 1000)}), "night")
    assert night.ratio == pytest.approx(1.3)
    assert night.verdict == "within"


def test_a_large_difference_within_the_limits_needs_an_interval_within_them() -> None:
    assert figure(shares({"day": (9000, 10_000), "night": (8500, 10_000)}), "night").verdict == "within"
    few = figure(shares({"day": (90, 100), "night": (33, 40)}), "night")
    assert few.verdict == "undecided"
    assert few.needed is not None
    assert few.needed > 40


@pytest.mark.parametrize(
    ("counts", "others"), [((33, 40), (90, 100)), ((20, 33), (27, 33)), ((22, 36), (32, 40)), ((30, 50), (210, 300))]
)
def test_an_undecided_group_is_decided_by_just_the_rows_it_asks_for(
    counts: tuple[int, int], others: tuple[int, int]
) -> None:
    found = figure(shares({"day": others, "night": counts}), "night")
    assert found.verdict == "undecided"
    assert found.needed is not None

    def verdict(rows: float) -> str:
        side, rest = (_shares([x], [n]) for x, n in (counts, others))
        factor = np.array([rows / counts[1]])
        return str(WORDS[Judge().verdicts(side.scaled(factor), rest.scaled(factor))][0])

    assert verdict(found.needed) in ("within", "outside")
    assert verdict(found.needed - 1) == "undecided"


def test_an_undecided_mean_asks_for_rows_too() -> None:
    side, others, judge = _means(30, 1.2, 1.0), _means(300, 1.0, 1.0), Judge()
    assert WORDS[judge.verdicts(side, others)][0] == "undecided"
    (needed,) = judge.needed(side, others)
    for rows, is_decided in ((needed, True), (needed - 1, False)):
        scaled = [one.scaled(np.array([rows / 30])) for one in (side, others)]
        assert (WORDS[judge.verdicts(*scaled)][0] != "undecided") == is_decided


def test_a_ratio_exactly_on_the_limit_is_decided_by_no_number_of_rows() -> None:
    on_limit = figure(shares({"day": (100, 100), "night": (80, 100)}), "night")
    assert (on_limit.verdict, on_limit.ratio, on_limit.needed) == ("undecided", 0.8, None)


def test_a_group_that_is_never_right_has_a_ratio_of_0_and_the_others_none() -> None:
    table = shares({"day": (50, 100), "night": (0, 40)})
    night, day = figure(table, "night"), figure(table, "day")
    assert (night.ratio, night.ratio_low, night.verdict) == (0.0, 0.0, "outside")
    assert night.ratio_high is not None
    assert night.ratio_high < 1
    assert (day.ratio, day.ratio_high, day.verdict) == (None, None, "outside")
    assert day.ratio_low is not None
    assert day.ratio_low > 1


def test_groups_that_are_never_right_are_equal() -> None:
    night = figure(shares({"day": (0, 100), "night": (0, 40)}), "night")
    assert (night.ratio, night.ratio_low, night.ratio_high, night.verdict) == (None, None, None, "within")


def test_a_regression_compares_errors_in_units_of_its_own_truth() -> None:
    rng = np.random.default_rng(1)
    truth = np.tile(rng.normal(200_000, 50_000, 400), 2)
    error = np.concatenate([rng.normal(0, 10_000, 400), rng.normal(0, 20_000, 400)])
    region = ["north"] * 400 + ["south"] * 400
    found = breakdown(regression(truth, truth + error, attributes={"region": region}), metrics=["mae"])
    assert [(one.group, one.metric, one.verdict) for one in found] == [
        ("north", "mae", "outside"),
        ("south", "mae", "outside"),
    ]
    assert found[1].ratio == pytest.approx(2, rel=0.2)
    small = breakdown(regression(truth, truth + error / 100, attributes={"region": region}), metrics=["mae"])
    assert [one.verdict for one in small] == ["within", "within"]
    halves = {"region": ["a"] * 40 + ["b"] * 40}
    same = breakdown(regression([1.0] * 80, [1.0] * 40 + [1.5] * 40, attributes=halves), metrics=["mae"])
    assert [(one.ratio, one.verdict) for one in same] == [(0.0, "outside"), (None, "outside")]


def test_a_regression_group_of_one_row_is_too_few() -> None:
    found = breakdown(regression([1.0] * 41, [2.0] * 41, attributes={"region": ["a"] * 40 + ["b"]}), metrics=["mae"])
    assert [(one.group, one.verdict) for one in found] == [("a", "undecided"), ("b", "too few")]


def test_the_interval_of_a_ratio_covers_it_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(21)
    for share, rows, other, other_rows in ((0.5, 40, 0.7, 200), (0.95, 60, 0.9, 60), (0.1, 80, 0.2, 400)):
        drawn = rng.binomial(rows, share, 5000), rng.binomial(other_rows, other, 5000)
        found = ratios_of(_shares(drawn[0], [rows] * 5000), _shares(drawn[1], [other_rows] * 5000), z=Z)
        assert 0.93 <= ((found.low <= share / other) & (share / other <= found.high)).mean() <= 0.98


def test_the_interval_of_a_ratio_of_means_covers_it_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(22)
    drawn = [np.abs(rng.normal(0, 2, (3000, 80))), np.abs(rng.normal(0, 1, (3000, 160)))]
    rows = [np.full(3000, float(each.shape[1])) for each in drawn]
    ends = np.zeros(3000), np.full(3000, 9.0)
    sides = [MeanSides(n, each.mean(1), each.var(1, ddof=1), ends) for n, each in zip(rows, drawn, strict=True)]
    found = ratios_of(*sides, z=Z)
    assert 0.935 <= ((found.low <= 2) & (found.high >= 2)).mean() <= 0.965


def test_limits_can_be_set() -> None:
    table = shares({"day": (90, 100), "night": (36, 60)})
    for limits, verdict in (
        (BiasLimits(least_rows=61), "too few"),
        (BiasLimits(least_difference=0.5), "within"),
        (BiasLimits(least_ratio=0.5, most_ratio=2), "within"),
    ):
        assert breakdown(table, limits=limits)[1].verdict == verdict


def _drawn_verdicts(rng: np.random.Generator, truths: list[float], rows: list[int], *, times: int) -> np.ndarray:
    """[times, group]; counts are drawn, then judged as `breakdown` does."""
    return _verdicts(rng.binomial(rows, truths, size=(times, len(rows))), rows)


def _verdicts(tops: np.ndarray, rows: list[int]) -> np.ndarray:
    """`tops`: [times, group]"""
    judge = Judge(1 if len(rows) == 2 else len(rows))
    total = np.array(rows)
    columns = [
        judge.verdicts(
            _shares(tops[:, place], [rows[place]] * len(tops)),
            _shares(tops.sum(1) - tops[:, place], [total.sum() - rows[place]] * len(tops)),
        )
        for place in range(len(rows))
    ]
    return WORDS[np.column_stack(columns)]


def _shares(tops: Any, rows: Any) -> Sides:
    return ShareSides(np.array(tops, dtype=float)[:, None], np.array(rows, dtype=float)[:, None])


def _means(n: int, value: float, variance: float) -> Sides:
    ends = np.array([0.0]), np.array([9.0])
    return MeanSides(*(np.array([float(each)]) for each in (n, value, variance)), ends)


@pytest.mark.parametrize(
    ("share", "rows"),
    [
        (0.9, [30, 300]),
        (0.6, [30, 300]),
        (0.3, [400, 400]),
        (0.5, [40, 40, 40, 40, 40, 40]),
        (0.7, [30, 60, 120, 500]),
        (0.1, [100, 100, 1000]),
    ],
)
def test_equal_groups_are_called_outside_in_at_most_5_of_100_breakdowns(share: float, rows: list[int]) -> None:
    verdicts = _drawn_verdicts(np.random.default_rng(11), [share] * len(rows), rows, times=10_000)
    assert (verdicts == "outside").any(axis=1).mean() <= 0.05


@pytest.mark.parametrize(
    ("recalls", "rows"),
    [([0.9, 0.7, 0.5, 0.8], [[10] * 4, [200] * 4]), ([0.5] * 4, [[12] * 4] * 3), ([0.95, 0.3], [[60, 20], [300, 300]])],
)
def test_equal_mean_recalls_are_called_outside_in_at_most_5_of_100_breakdowns(
    recalls: list[float], rows: list[list[int]]
) -> None:
    rng, totals = np.random.default_rng(14), np.array(rows, dtype=float)
    judge = Judge(1 if len(rows) == 2 else len(rows))
    tops = rng.binomial(totals.astype(int), recalls, size=(4000, *totals.shape)).astype(float)
    found = []
    for group in range(len(rows)):
        own = ShareSides(tops[:, group], np.tile(totals[group], (4000, 1)))
        others = ShareSides(tops.sum(1) - own.tops, totals.sum(0) - own.bottoms)
        found.append(WORDS[judge.verdicts(own, others)] == "outside")
    assert np.any(found, axis=0).mean() <= 0.05


@pytest.mark.parametrize(("share", "others"), [(0.9, [2000]), (0.8, [400]), (0.8, [400, 400, 400]), (0.6, [2000])])
def test_a_true_ratio_of_072_with_400_rows_is_called_outside_in_9_of_10(share: float, others: list[int]) -> None:
    groups = [0.72 * share, *[share] * len(others)]
    verdicts = _drawn_verdicts(np.random.default_rng(12), groups, [400, *others], times=10_000)
    assert (verdicts[:, 0] == "outside").mean() >= 0.9


def test_the_drawn_verdicts_are_those_of_a_breakdown() -> None:
    rng = np.random.default_rng(13)
    for _ in range(20):
        tops = rng.binomial([50, 80, 120], 0.7).tolist()
        table = shares(dict(zip("abc", zip(tops, (50, 80, 120), strict=True), strict=True)))
        found = [one.verdict for one in breakdown(table) if one.metric == "recall"]
        assert found == _verdicts(np.array([tops]), [50, 80, 120])[0].tolist()


@pytest.mark.parametrize("weak", [0, 1])
def test_recall_by_lighting_notices_a_group_that_recalls_either_class_less(weak: int) -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 1200)
    night = rng.random(1200) < 0.35
    is_right = rng.random(1200) < np.where(night & (truth == weak), 0.62, 0.9)
    light = np.where(night, "night", "day").tolist()
    table = classification(truth, np.where(is_right, truth, 1 - truth), attributes={"lighting": light})
    rule = CheckRule("recall", attribute="lighting")
    result = decide_bias(rule, breakdown(table), attributes=table.attribute_names)
    assert result.verdict is Verdict.FAILED
    assert f"recall:{table.classes[weak]} of night" in result.sentence


def test_recall_by_lighting_notices_a_weak_group_among_many_classes() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 4, 2000)
    night = rng.random(2000) < 0.3
    is_right = rng.random(2000) < np.where(night, 0.6, 0.9)
    light = np.where(night, "night", "day").tolist()
    table = classification(
        truth, np.where(is_right, truth, (truth + 1) % 4), classes="abcd", attributes={"lighting": light}
    )
    result = decide_bias(CheckRule("recall", attribute="lighting"), breakdown(table), attributes=["lighting"])
    assert result.verdict is Verdict.FAILED


def test_figures_go_into_json() -> None:
    table = shares({"day": (50, 100), "night": (0, 40), "dusk": (3, 3)})
    json.dumps([asdict(one) for one in breakdown(table)], allow_nan=False)
    numbers = regression([1.0] * 60, [2.0, 3.0] * 30, attributes={"sex": ["f", "m"] * 30})
    msgspec.json.encode(breakdown(numbers))  # takes no number of numpy's
