"""Which answers change between production and a candidate."""

from __future__ import annotations

import numpy as np
import pytest

from mltui.analysis.grouping import Grouping
from mltui.analysis.prediction_diff import ChangedRow, GroupChanges, prediction_diff
from mltui.analysis.table import EvaluationTable
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
    assert (found.n, found.changed, found.fixed, found.broken) == (6, 4, 1, 3)
    assert found.rows[0] == ChangedRow("b", "taco", "wrap", "taco", "fixed")
    assert [row.effect for row in found.rows] == ["fixed", "broken", "broken", "broken"]
    other = prediction_diff(classified("wtwbtw"), classified("ttwbtw"))
    assert [(row.row_id, row.effect) for row in other.rows] == [("a", "other")]
    assert found.share == pytest.approx(4 / 6)


def test_changes_are_counted_by_group() -> None:
    found = prediction_diff(classified("btbtbw"), classified("bwwbtw"))
    assert found.groups == (
        GroupChanges("lighting", "day", 3, changed=2, fixed=0, broken=2),
        GroupChanges("lighting", "night", 3, changed=2, fixed=1, broken=1),
    )


def test_only_rows_count_that_both_answered_and_production_did_not_learn() -> None:
    production = classified("wwwwww", rows="efghij")
    found = prediction_diff(classified("btwbtw", truth="btwbbt"), production, excluded_rows=frozenset("f"))
    assert (found.n, [row.row_id for row in found.rows]) == (1, ["e"])
    nothing = prediction_diff(classified("b", "b", "a"), classified("b", "b", "z"))
    assert (nothing.n, nothing.share) == (0, None)


def test_a_number_changes_when_it_moves_by_more_than_a_tenth_of_the_truths_spread() -> None:
    def predicted(*values: float) -> EvaluationTable:
        truth = np.array([0.0, 10.0, 20.0, 30.0])
        return EvaluationTable("regression", (), np.array(list("abcd")), truth, np.array(values))

    found = prediction_diff(predicted(0.5, 12.0, 20.0, 28.0), predicted(0.0, 10.0, 24.0, 28.0))
    assert [(row.row_id, row.effect) for row in found.rows] == [("b", "broken"), ("c", "fixed")]
    assert found.rows[1] == ChangedRow("c", "20", "24", "20", "fixed")


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
