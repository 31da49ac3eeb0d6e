"""Which answers change between production and a candidate, by group, and what of that is chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.tables import classification, regression
from mltui.analysis.grouping import Grouping
from mltui.analysis.paired_tests import holm, mean_test
from mltui.analysis.prediction_diff import ChangedRow, prediction_diff
from mltui.analysis.table import EvaluationTable
from mltui.domain.answer_changes import AnswerChanges, harm_sentence, method_sentence, worst_first
from mltui.domain.checks import Verdict
from mltui.domain.gate import Findings, decide_rule, needs_comparison
from mltui.domain.policy import CheckRule

CLASSES = ("burrito", "taco", "wrap")


def classified(answers: str, truth: str = "btwbtw", rows: str = "abcdef") -> EvaluationTable:
    codes = [np.array(["btw".index(letter) for letter in text]) for text in (truth, answers)]
    lighting = Grouping.of(["night" if row in "abc" else "day" for row in rows])
    return EvaluationTable("classification", CLASSES, np.array(list(rows)), *codes, attributes={"lighting": lighting})


def test_a_changed_answer_is_fixed_broken_or_wrong_in_another_way() -> None:
    found = prediction_diff(classified("btbtbw"), classified("bwwbtw"))
    whole = found.changes.whole
    assert (whole.n, whole.changed, whole.fixed, whole.broken, whole.net) == (6, 4, 1, 3, -2)
    assert (whole.before, whole.after) == (pytest.approx(5 / 6), pytest.approx(3 / 6))
    assert found.rows[0] == ChangedRow("b", "taco", "wrap", "taco", "fixed")
    assert [row.effect for row in found.rows] == ["fixed", "broken", "broken", "broken"]
    other = prediction_diff(classified("wtwbtw"), classified("ttwbtw"))
    assert [(row.row_id, row.effect) for row in other.rows] == [("a", "other")]
    assert found.changes.share == pytest.approx(4 / 6)


def test_changes_are_counted_by_group() -> None:
    found = prediction_diff(classified("btbtbw"), classified("bwwbtw")).changes
    told = [(each.group, each.change.n, each.change.fixed, each.change.broken, each.effect) for each in found.groups]
    assert told == [("day", 3, 0, 2, "too few"), ("night", 3, 1, 1, "too few")]
    assert harm_sentence(found, candidate="v2", baseline="v1") == ""


def test_only_rows_count_that_both_answered_and_production_did_not_learn() -> None:
    production = classified("wwwwww", rows="efghij")
    found = prediction_diff(classified("btwbtw", truth="btwbbt"), production, excluded_rows=frozenset("f"))
    assert (found.changes.whole.n, [row.row_id for row in found.rows]) == (1, ["e"])
    nothing = prediction_diff(classified("b", "b", "a"), classified("b", "b", "z")).changes
    assert (nothing.whole.n, nothing.share, nothing.effect, nothing.groups) == (0, None, "too few", ())


def test_a_number_changes_when_it_moves_by_more_than_a_tenth_of_the_truths_spread() -> None:
    def predicted(*values: float) -> EvaluationTable:
        truth = np.array([0.0, 10.0, 20.0, 30.0])
        return EvaluationTable("regression", (), np.array(list("abcd")), truth, np.array(values))

    found = prediction_diff(predicted(0.5, 12.0, 20.0, 28.0), predicted(0.0, 10.0, 24.0, 28.0))
    assert [(row.row_id, row.effect) for row in found.rows] == [("b", "broken"), ("c", "fixed")]
    assert found.rows[1] == ChangedRow("c", "20", "24", "20", "fixed")
    assert (found.changes.metric, found.changes.whole.before, found.changes.whole.after) == ("mae", 1.5, 1.125)


def test_the_paired_tests_are_those_of_scipy() -> None:
    random = np.random.default_rng(5)
    for rows in (30, 47, 400):
        for shift in (0.0, 0.2, 0.6):
            values = random.exponential(1.0, rows) - 1 + shift
            low, high, p = mean_test(values, reach=9.0)
            known = stats.ttest_1samp(values, 0.0)
            interval = known.confidence_interval()
            assert p == pytest.approx(known.pvalue, abs=0.0005, rel=0.02)
            assert (low, high) == pytest.approx((interval.low, interval.high), rel=0.001, abs=0.001)


def test_errors_that_all_change_by_the_same_have_the_p_of_a_sign_test_and_an_interval() -> None:
    unseen = 1.959964**2 / (40 + 1.959964**2)
    assert mean_test(np.zeros(40), reach=3.0) == pytest.approx((-3 * unseen, 3 * unseen, 1), rel=1e-6)
    assert mean_test(np.zeros(40), reach=0.0) == (None, None, 1)
    low, high, p = mean_test(np.full(40, 0.1), reach=0.0)
    assert (low, high) == pytest.approx((0.1 - 0.1 * unseen, 0.1 + 0.1 * unseen), rel=1e-6)
    assert p == pytest.approx(stats.binomtest(40, 40).pvalue)


def test_holm_takes_the_smallest_times_all_and_never_falls_behind() -> None:
    assert holm([0.04, 0.01, 0.03, 0.9]) == pytest.approx([0.09, 0.04, 0.09, 0.9])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def paired(groups: Sequence[tuple[str, int, int, int]], **more: Any) -> AnswerChanges:
    """Rows, fixed and broken of each group; of all other rows three in four are right."""
    before: list[int] = []
    after: list[int] = []
    names: list[str] = []
    for name, n, fixed, broken in groups:
        same = [int(row % 4 > 0) for row in range(n - fixed - broken)]
        before += [0] * fixed + [1] * broken + same
        after += [1] * fixed + [0] * broken + same
        names += [name] * n
    truth, attributes = [1] * len(names), {"lighting": names}
    return prediction_diff(
        classification(truth, after, attributes=attributes), classification(truth, before, attributes=attributes)
    ).changes


def test_a_group_that_gets_worse_is_said_in_one_sentence_while_the_average_gets_better() -> None:
    found = paired([("day", 1000, 90, 10), ("dark", 200, 2, 40), ("neon", 29, 0, 29)])
    by_name = {each.group: each for each in found.groups}
    dark, day = by_name["dark"], by_name["day"]
    known = stats.binomtest(2, 42).pvalue
    assert (dark.change.p_value, dark.adjusted_p) == (pytest.approx(known), pytest.approx(known))
    assert day.adjusted_p == pytest.approx(2 * stats.binomtest(10, 100).pvalue)
    assert (dark.effect, day.effect, by_name["neon"].effect, found.effect) == ("worse", "better", "too few", "noise")
    assert [each.group for each in worst_first(found)] == ["dark", "day", "neon"]
    assert harm_sentence(found, candidate="v8", baseline="v7") == (
        "v8 is worse than v7 for dark (lighting): right on 60.0 % of its 200 rows instead of 79.0 % (40 broken, "
        "2 fixed; p < 0.001 after Holm over 2 groups), while all 1,229 rows together get better, from 71.0 % to 72.0 %."
    )


def test_groups_that_get_worse_are_counted_and_an_average_that_does_too_is_not_called_better() -> None:
    found = paired([("day", 400, 0, 30), ("dark", 100, 0, 30)])
    told = harm_sentence(found, candidate="v8", baseline="v7")
    assert told.startswith("v8 is worse than v7 for dark (lighting) and 1 more group: ")
    assert ", and all 500 rows together go from 77.8 % to 65.8 %." in told


def test_where_all_get_worse_about_alike_everybody_is_named_and_no_group() -> None:
    found = paired([("day", 400, 0, 80), ("dark", 100, 0, 22)])
    assert [each.group for each in found.harmed] == ["dark", "day"]
    told = harm_sentence(found, candidate="v8", baseline="v7", is_for_everybody=True)
    assert told.startswith("v8 is worse than v7 for everybody about alike: right on ")
    assert told.endswith(" (102 broken, 0 fixed, more than chance explains).")
    assert "(102 broken, 0 fixed; p < 0.001)." in harm_sentence(found, candidate="v8", baseline="v7")
    assert not paired([("day", 400, 0, 80), ("dark", 100, 0, 1)]).harms_all_alike


def test_of_a_regression_the_errors_are_held_against_each_other() -> None:
    random = np.random.default_rng(3)
    truth = random.normal(500, 100, 600)
    north = np.arange(600) < 100
    names = {"district": np.where(north, "north", "south").tolist()}
    old = truth + random.normal(0, 40, 600)
    new = truth + random.normal(0, 1, 600) * np.where(north, 80, 20)
    found = prediction_diff(regression(truth, new, attributes=names), regression(truth, old, attributes=names)).changes
    groups = {each.group: each for each in found.groups}
    errors = [np.abs(each - truth)[north] for each in (new, old)]
    assert groups["north"].change.difference == pytest.approx(errors[0].mean() - errors[1].mean())
    assert groups["north"].change.p_value == pytest.approx(stats.ttest_rel(*errors).pvalue, rel=0.05)
    assert (groups["north"].effect, groups["south"].effect, found.effect) == ("worse", "better", "better")
    assert harm_sentence(found, candidate="v2", baseline="v1").startswith(
        f"v2 is worse than v1 for north (district): off by {errors[0].mean():.4g} on its 100 rows instead of "
    )


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.2, Verdict.PASSED), (0.21, Verdict.FAILED), (None, Verdict.INCONCLUSIVE)],
)
def test_policy_may_limit_the_share_of_changed_answers(share: float | None, verdict: Verdict) -> None:
    rule = CheckRule("changed_predictions", ceiling=0.2)
    assert needs_comparison([rule])
    (found,) = decide_rule(rule, Findings("classification", metrics={}, comparisons={}, changed_predictions=share))
    assert (found.name, found.verdict) == ("changed predictions", verdict)
    (nothing,) = decide_rule(rule, Findings("classification", metrics={}))
    assert nothing.verdict is Verdict.SKIPPED


def crossed_harm() -> tuple[EvaluationTable, EvaluationTable]:
    """1200 rows of two attributes; only what is dark and of a phone gets worse, and both are better elsewhere."""
    lighting = ["dark" if row % 2 else "day" for row in range(1200)]
    camera = ["phone" if row % 4 < 2 else "lens" for row in range(1200)]
    is_meeting = np.array([pair == ("dark", "phone") for pair in zip(lighting, camera, strict=True)])
    before = np.arange(1200) // 4 % 10 < 8
    after = np.where(is_meeting, np.arange(1200) // 4 % 10 < 7, np.arange(1200) // 4 % 10 < 9)
    names = {"lighting": lighting, "camera": camera}
    new, old = (classification(np.ones(1200), right, attributes=names) for right in (after, before))
    return new, old


def test_a_group_of_two_attributes_that_gets_worse_is_said_though_neither_alone_does() -> None:
    found = prediction_diff(*crossed_harm()).changes
    effects = {(each.attribute, each.group): each.effect for each in found.groups}
    assert effects["lighting × camera", "dark × phone"] == "worse"
    assert "worse" not in {effect for (attribute, _), effect in effects.items() if "×" not in attribute}
    assert [each.group for each in found.harmed] == ["dark × phone"]
    assert "for dark × phone (lighting × camera)" in harm_sentence(found, candidate="v2", baseline="v1")
    assert "groups of two attributes have a fifth of the 5 %, and are told where they change" in method_sentence(found)
    told = [each.group for each in worst_first(found)]
    assert told[0] == "dark × phone"
    assert len(told) == len(set(told))


def test_of_two_attributes_neither_small_groups_nor_those_of_one_are_tested() -> None:
    new, old = crossed_harm()
    town = ["north" if row < 1180 else "south" for row in range(1200)]
    same = ["d" if row % 2 else "n" for row in range(1200)]
    new, old = (replace(each, attributes={"lighting": (each.attributes or {})["lighting"], "town": Grouping.of(town),
                                          "twice": Grouping.of(same)}) for each in (new, old))  # fmt: skip
    crossed = {each.group for each in prediction_diff(new, old).changes.groups if each.is_crossed}
    assert crossed == {"dark × north", "day × north", "north × d", "north × n"}


def test_groups_of_one_attribute_come_first_and_lose_a_fifth_of_the_chance_to_those_of_two() -> None:
    new, old = crossed_harm()
    alone = replace(new, attributes={"lighting": (new.attributes or {})["lighting"]})
    one = {each.group: each.adjusted_p for each in prediction_diff(alone, old).changes.groups}
    both = {each.group: each for each in prediction_diff(new, old).changes.groups}
    camera = replace(new, attributes={"camera": (new.attributes or {})["camera"]})
    singles = [each.change.p_value or 0.0 for table in (alone, camera)
               for each in prediction_diff(table, old).changes.groups]  # fmt: skip
    expected = [min(1.0, p / 0.8) for p in holm(singles)]
    assert [each.adjusted_p for each in both.values() if not each.is_crossed] == pytest.approx(expected)
    assert len(one) == 2


def test_what_is_less_than_matters_is_slight_and_harms_nobody() -> None:
    pair = crossed_harm()
    found = prediction_diff(*pair, least_harm=0.15).changes
    assert found.harmed == ()
    assert {each.effect for each in found.groups if each.group == "dark × phone"} == {"slight"}
    assert method_sentence(found).endswith("less than 0.15 is slight")
    assert prediction_diff(*pair, least_harm=0.05).changes.harmed
    truth = np.arange(400, dtype=float)
    errors = [regression(truth, truth + error + np.arange(400) % 3 / 10) for error in (2.0, 1.0)]
    least = 1.5 / float(truth.std())
    assert prediction_diff(errors[0], errors[1], least_harm=least).changes.effect == "slight"
    assert prediction_diff(errors[0], errors[1]).changes.effect == "worse"
