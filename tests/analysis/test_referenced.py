"""Checks that hold groups against one of them."""

from __future__ import annotations

from mltui.analysis.groups import breakdown
from mltui.analysis.referenced import figures_against
from mltui.domain.checks import CheckResult, Verdict
from mltui.domain.gate import Findings, decide_rule, reference_of
from mltui.domain.policy import CheckRule

from .tables import classification

RIGHT = {"f": 100, "m": 88, "x": 72}
"""Of 100 each: x is 0.77 of all others, and 0.72 of f."""
TABLE = classification(
    [1] * 300,
    [int(place < right) for right in RIGHT.values() for place in range(100)],
    attributes={"sex": [sex for sex in RIGHT for _ in range(100)]},
)


def decided(reference: str | None, *, attribute: str = "sex") -> CheckResult:
    rule = CheckRule("recall", attribute=attribute, reference=reference)
    held = figures_against(TABLE, [reference_of(rule)] if reference else [], ["recall"])
    groups = breakdown(TABLE, metrics=["recall"])
    findings = Findings("classification", {}, attributes=frozenset(TABLE.attribute_names), groups=groups, held=held)
    (found,) = decide_rule(rule, findings)
    return found


def test_a_check_holds_groups_against_the_reference_that_its_rule_names() -> None:
    assert "x 0.72, 0.72 of f (" in decided("best").sentence
    assert "0.72 of f (" in decided("f").sentence
    assert "x 0.72, 0.766 of all others (" in decided(None).sentence
    assert decided("others").sentence == decided(None).sentence
    assert decided("m").verdict is Verdict.INCONCLUSIVE, "so near to m nothing can be told of 100 rows"
    assert {decided(each).verdict for each in ("best", "largest", "f")} == {Verdict.FAILED}


def test_a_reference_that_is_not_there_fails_the_check_and_says_so() -> None:
    found = decided("w")
    assert (found.verdict, found.sentence) == (Verdict.FAILED, "sex has no group “w” with enough rows")
    assert decided("best", attribute="age").sentence == "the evaluation has no attribute “age”, only sex"
