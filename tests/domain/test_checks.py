from __future__ import annotations

import json
import math

import pytest

from mltui.domain.checks import (
    CheckResult,
    GateReport,
    Verdict,
    decide_floor_and_ceiling,
    decide_loss,
    decide_profile,
    defined,
    number,
)
from mltui.domain.comparison import PairedComparison
from mltui.domain.policy import CheckRule, InconclusiveRule


def compared(difference: float, low: float, high: float, *, metric: str = "accuracy") -> PairedComparison:
    return PairedComparison(metric, 100, 0.8 + difference, 0.8, difference, low, high)


def result(name: str, verdict: Verdict, rule: InconclusiveRule | None = None) -> CheckResult:
    return CheckResult(name, verdict, None, "", None, f"{name} says so", rule)


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.81, Verdict.PASSED), (0.8, Verdict.PASSED), (0.79, Verdict.FAILED), (0.0, Verdict.FAILED)]
)
def test_a_floor_is_held_by_the_value_itself(value: float, verdict: Verdict) -> None:
    (found,) = decide_floor_and_ceiling(CheckRule("accuracy", floor=0.8), value, interval=(0.7, 0.9))
    assert (found.name, found.verdict, found.value, found.limit) == ("accuracy floor", verdict, value, "at least 0.8")
    assert "(0.7 to 0.9)" in found.sentence


def test_floor_and_ceiling_are_two_checks() -> None:
    found = decide_floor_and_ceiling(CheckRule("mean_error", floor=-1, ceiling=1), 1.5)
    assert [(one.name, one.verdict) for one in found] == [
        ("mean_error floor", Verdict.PASSED),
        ("mean_error ceiling", Verdict.FAILED),
    ]
    assert decide_floor_and_ceiling(CheckRule("accuracy", attribute="sex"), 1.0) == ()


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_an_undefined_value_is_inconclusive_and_never_passed(value: float | None) -> None:
    for rule in (CheckRule("accuracy", floor=0.0), CheckRule("mae", ceiling=1e9)):
        (found,) = decide_floor_and_ceiling(rule, value)
        assert (found.verdict, found.value) == (Verdict.INCONCLUSIVE, None)
    loss = decide_loss(CheckRule("accuracy"), PairedComparison("accuracy", 9, value, 0.8, value, value, value))
    assert (loss.verdict, loss.value, loss.baseline) == (Verdict.INCONCLUSIVE, None, 0.8)


def test_a_difference_without_an_interval_is_inconclusive() -> None:
    found = decide_loss(CheckRule("accuracy"), PairedComparison("accuracy", 1, 0.9, 0.8, 0.1))
    assert (found.verdict, found.value, found.baseline) == (Verdict.INCONCLUSIVE, 0.9, 0.8)


def test_an_unknown_metric_fails() -> None:
    rule = CheckRule("acuracy", floor=0.1, allowed_loss=1)
    (floor,) = decide_floor_and_ceiling(rule, 0.9)
    loss = decide_loss(rule, compared(0, 0, 0))
    profile = decide_profile(rule, 0.9, production={"acuracy": 0.8})
    assert {one.verdict for one in (floor, loss, *profile)} == {Verdict.FAILED}


def test_a_limit_that_is_no_number_is_never_held() -> None:
    assert decide_floor_and_ceiling(CheckRule("accuracy", floor=math.nan), 1.0)[0].verdict is Verdict.FAILED
    assert decide_loss(CheckRule("accuracy", allowed_loss=math.nan), compared(0.1, 0, 0.2)).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("difference", "low", "high", "verdict"),
    [
        (0.05, 0.02, 0.08, Verdict.PASSED),
        (-0.01, -0.05, 0.03, Verdict.PASSED),
        (0.79 - 0.80, -0.05, 0.03, Verdict.PASSED),
        (-0.03, -0.07, 0.01, Verdict.INCONCLUSIVE),
        (-0.03, -0.05, -0.01, Verdict.INCONCLUSIVE),
        (-0.03, -0.04, -0.02, Verdict.FAILED),
    ],
)
def test_a_loss_fails_only_when_the_whole_interval_is_beyond_it(
    difference: float, low: float, high: float, verdict: Verdict
) -> None:
    found = decide_loss(CheckRule("accuracy", allowed_loss=0.01), compared(difference, low, high))
    assert (found.name, found.verdict) == ("accuracy against production", verdict)
    assert (found.value, found.baseline) == (0.8 + difference, 0.8)
    mirrored = decide_loss(CheckRule("mae", allowed_loss=0.01), compared(-difference, -high, -low, metric="mae"))
    assert mirrored.verdict is verdict


def test_without_an_allowed_loss_none_is_allowed() -> None:
    assert decide_loss(CheckRule("accuracy"), compared(-0.001, -0.002, -0.0005)).verdict is Verdict.FAILED
    assert decide_loss(CheckRule("accuracy"), compared(0, 0, 0)).verdict is Verdict.PASSED


def test_with_nothing_in_production_a_comparison_is_skipped_and_holds_nothing() -> None:
    found = decide_loss(CheckRule("accuracy", allowed_loss=0.01), None)
    assert found.verdict is Verdict.SKIPPED
    assert "no baseline" in found.sentence
    assert GateReport((found,)).verdict is Verdict.PASSED


def test_a_metric_without_a_better_side_knows_no_loss() -> None:
    assert decide_loss(CheckRule("mean_error", allowed_loss=1), None).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("value", "baseline", "verdicts"),
    [
        (40, 38, ["passed", "passed"]),
        (48, 38, ["passed", "failed"]),
        (55, 54, ["failed", "passed"]),
        (40, None, ["passed", "inconclusive"]),
        (None, 38, ["inconclusive", "inconclusive"]),
        (None, None, ["inconclusive", "inconclusive"]),
    ],
)
def test_a_profile_is_held_against_its_ceiling_and_productions_profile(
    value: float | None, baseline: float | None, verdicts: list[str]
) -> None:
    rule = CheckRule("latency_p95_ms", ceiling=50, allowed_loss=5)
    found = decide_profile(rule, value, production={} if baseline is None else {"latency_p95_ms": baseline})
    assert [one.name for one in found] == ["latency_p95_ms ceiling", "latency_p95_ms against production"]
    assert [one.verdict for one in found] == verdicts
    assert decide_profile(CheckRule("peak_memory_mb", ceiling=400), 390)[0].verdict is Verdict.PASSED


def test_a_profile_has_no_baseline_where_production_has_none_or_nothing_is_there() -> None:
    rule = CheckRule("latency_p95_ms", allowed_loss=5)
    (unknown,), (first,) = (decide_profile(rule, 40, production=production) for production in ({}, None))
    assert (unknown.verdict, first.verdict) == (Verdict.INCONCLUSIVE, Verdict.SKIPPED)
    assert all("no baseline" in each.sentence for each in (unknown, first))
    assert GateReport((unknown,)).inconclusive == (unknown,)
    assert GateReport((first,)).verdict is Verdict.PASSED


def test_a_metric_of_the_evaluation_is_none_of_a_profile() -> None:
    assert (
        decide_profile(CheckRule("accuracy", allowed_loss=1), 0.9, production={"accuracy": 0.9})[0].verdict
        is Verdict.FAILED
    )


@pytest.mark.parametrize(
    ("gate", "rule", "verdict"),
    [
        ("hold", None, Verdict.INCONCLUSIVE),
        ("block", None, Verdict.FAILED),
        ("pass", None, Verdict.PASSED),
        ("block", "pass", Verdict.PASSED),
        ("pass", "hold", Verdict.INCONCLUSIVE),
        ("hold", "block", Verdict.FAILED),
    ],
)
def test_an_inconclusive_check_holds_blocks_or_passes_as_its_rule_or_else_the_gate_says(
    gate: InconclusiveRule, rule: InconclusiveRule | None, verdict: Verdict
) -> None:
    unclear = result("recall by sex", Verdict.INCONCLUSIVE, rule)
    report = GateReport((result("accuracy floor", Verdict.PASSED), unclear), gate)
    assert report.verdict is verdict
    assert (unclear in report.failed) == (verdict is Verdict.FAILED)
    assert (unclear in report.inconclusive) == (verdict is Verdict.INCONCLUSIVE)


def test_a_report_survives_json() -> None:
    rule = CheckRule("accuracy", floor=0.5, allowed_loss=0.1, inconclusive="block")
    report = GateReport((*decide_floor_and_ceiling(rule, None), decide_loss(rule, compared(0, -0.1, 0.1))), "pass")
    assert GateReport.from_json(json.loads(json.dumps(report.as_json(), allow_nan=False))) == report


def test_numbers_are_told_in_four_digits() -> None:
    assert (number(None), number(0.123456), number(12.3456)) == ("undefined", "0.1235", "12.35")
    assert defined(math.nan) is None


@pytest.mark.parametrize(("value", "told"), [(20000, "20000"), (1234567.0, "1234567"), (999.96, "1000")])
def test_a_large_number_is_told_in_full(value: float, told: str) -> None:
    assert number(value) == told
    assert number(-value, sign="+") == f"-{told}"
    assert decide_floor_and_ceiling(CheckRule("rmse", ceiling=value), 1.0)[0].limit == f"at most {told}"


def test_a_dry_run_is_reported_and_holds_nothing() -> None:
    rule = CheckRule(metric="accuracy", floor=0.9, dry_run=True)
    (found,) = decide_floor_and_ceiling(rule, 0.5)
    report = GateReport((found,))
    assert found.verdict is Verdict.FAILED
    assert report.verdict is Verdict.PASSED
    assert not report.failed
    assert GateReport.from_json(report.as_json()) == report
