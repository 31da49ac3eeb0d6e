"""Limits that each group of an attribute has to keep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mltui.domain.checks import Verdict
from mltui.domain.comparison import PairedComparison
from mltui.domain.gate import Findings, compared_groups, compared_metrics, decide_rule
from mltui.domain.group_checks import decide_groups
from mltui.domain.policy import CheckRule
from mltui.domain.version import GroupFigure

FLOOR = CheckRule("recall", attribute="lighting", floor=0.6)
LOSS = CheckRule("recall", attribute="lighting", allowed_loss=0.05)


def figure(group: str, value: float | None, *, n: int = 200) -> GroupFigure:
    return GroupFigure({"lighting": group}, "recall", n, value, 0.5, 0.9, 1.0, 0.9, 1.1, "within")


def loss(n: int = 200, *, low: float, high: float) -> PairedComparison:
    """Candidate minus production, by its interval."""
    difference = (low + high) / 2
    return PairedComparison("recall", n, 0.8 + difference, 0.8, difference, low, high)


@pytest.mark.parametrize(
    ("day", "night", "verdict", "told"),
    [
        (figure("day", 0.9), figure("night", 0.7), Verdict.PASSED, "every group keeps it"),
        (figure("day", 0.9), figure("night", 0.5), Verdict.FAILED, "night 0.5"),
        (figure("day", 0.9), figure("night", 0.5, n=29), Verdict.INCONCLUSIVE, "too few rows (29)"),
        (figure("day", 0.9), figure("night", None, n=0), Verdict.INCONCLUSIVE, "night undefined"),
        (figure("day", 0.5), figure("night", None, n=0), Verdict.FAILED, "day 0.5"),
    ],
)
def test_the_worst_group_decides_and_is_named(
    day: GroupFigure, night: GroupFigure, verdict: Verdict, told: str
) -> None:
    (found,) = decide_groups(FLOOR, [day, night], None)
    assert (found.name, found.verdict) == ("recall floor by lighting", verdict)
    assert told in found.sentence


def test_each_limit_of_a_rule_is_a_check_of_its_own() -> None:
    rule = replace(FLOOR, ceiling=0.95, allowed_loss=0.1)
    found = decide_groups(rule, [figure("day", 0.9)], {("recall", "lighting"): {"day": loss(low=-0.01, high=0.01)}})
    assert [each.name for each in found] == [
        "recall floor by lighting",
        "recall ceiling by lighting",
        "recall by lighting against production",
    ]
    assert {each.verdict for each in found} == {Verdict.PASSED}


@pytest.mark.parametrize(
    ("night", "verdict"),
    [
        (loss(low=-0.04, high=0.02), Verdict.PASSED),
        (loss(low=-0.12, high=0.00), Verdict.INCONCLUSIVE),
        (loss(low=-0.30, high=-0.10), Verdict.FAILED),
        (loss(20, low=-0.30, high=-0.10), Verdict.INCONCLUSIVE),
    ],
)
def test_no_group_may_lose_more_against_production(night: PairedComparison, verdict: Verdict) -> None:
    compared = {("recall", "lighting"): {"day": loss(low=0.01, high=0.02), "night": night}}
    (found,) = decide_groups(LOSS, [figure("day", 0.9), figure("night", 0.6)], compared)
    assert found.verdict is verdict
    assert ("night: " in found.sentence) or verdict is Verdict.PASSED
    (nothing,) = decide_groups(LOSS, [figure("day", 0.9)], None)
    assert nothing.verdict is Verdict.SKIPPED


def test_a_rule_may_be_about_one_group_alone() -> None:
    rule = replace(FLOOR, group="day")
    (found,) = decide_groups(rule, [figure("day", 0.9), figure("night", 0.1)], None)
    assert (found.name, found.verdict, found.value) == ("recall floor of day", Verdict.PASSED, 0.9)


def test_a_group_that_is_missing_fails() -> None:
    expected = {("lighting", "night"), ("camera", "old")}
    findings = Findings(
        task="classification",
        metrics={},
        attributes=frozenset(["lighting"]),
        groups=[figure("day", 0.9)],
        expected_groups=frozenset(expected),
    )
    for rule in (FLOOR, replace(FLOOR, group="night"), CheckRule("recall", attribute="lighting")):
        (found,) = decide_rule(rule, findings)
        assert found.verdict is Verdict.FAILED
        assert "night" in found.sentence
    (found,) = decide_rule(FLOOR, replace(findings, groups=[]))
    assert found.verdict is Verdict.FAILED
    (found,) = decide_rule(FLOOR, replace(findings, expected_groups=frozenset()))
    assert found.verdict is Verdict.PASSED


def test_only_what_is_asked_for_is_compared() -> None:
    rules = [FLOOR, LOSS, CheckRule("accuracy", allowed_loss=0.1), CheckRule("recall", attribute="camera")]
    assert compared_metrics(rules) == ("accuracy",)
    assert compared_groups(rules) == (("recall", "lighting"),)
