from __future__ import annotations

from dataclasses import replace

import pytest

from mltui.domain.bias import decide_bias
from mltui.domain.checks import Verdict
from mltui.domain.comparison import PairedComparison
from mltui.domain.gate import Findings, compared_metrics, decide_gate, decide_rule, grouped_metrics
from mltui.domain.metrics import METRICS, find_metric
from mltui.domain.policy import CheckRule, Gate
from mltui.domain.version import GroupFigure

RECALL = CheckRule("recall", attribute="lighting")
KNOWN = ("camera", "lighting")


def figure(verdict: str, *, metric: str = "recall", group: str = "night", ratio: float | None = 0.9) -> GroupFigure:
    return GroupFigure({"lighting": group}, metric, 40, 0.8, 0.7, 0.9, ratio, 0.8, 1.0, verdict)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["within", "within"], Verdict.PASSED),
        (["within", "outside"], Verdict.FAILED),
        (["too few", "outside", "undecided"], Verdict.FAILED),
        (["within", "too few"], Verdict.INCONCLUSIVE),
        (["within", "undecided"], Verdict.INCONCLUSIVE),
        (["within", "a verdict of later days"], Verdict.INCONCLUSIVE),
    ],
)
def test_one_group_outside_fails_and_one_unclear_makes_it_inconclusive(verdicts: list[str], expected: Verdict) -> None:
    found = decide_bias(RECALL, [figure(verdict) for verdict in verdicts], attributes=KNOWN)
    assert (found.name, found.verdict) == ("recall by lighting", expected)


def test_without_any_attribute_or_figure_there_are_no_groups() -> None:
    for figures, attributes in (([], ()), ([], KNOWN), ([figure("within", metric="accuracy")], KNOWN)):
        found = decide_bias(RECALL, figures, attributes=attributes)
        assert (found.verdict, found.sentence) == (Verdict.INCONCLUSIVE, "no groups")


def test_an_attribute_that_the_evaluation_lacks_fails() -> None:
    found = decide_bias(RECALL, [figure("within")], attributes=["camera"])
    assert found.verdict is Verdict.FAILED
    assert "only camera" in found.sentence


def test_an_unknown_metric_fails_whatever_the_groups() -> None:
    assert decide_bias(CheckRule("recal", attribute="lighting"), [], attributes=()).verdict is Verdict.FAILED


def test_a_figure_without_a_ratio_is_told_by_its_difference() -> None:
    error = replace(figure("outside", metric="mean_error", ratio=None), difference=-6.0, difference_low=-8.0)
    found = decide_bias(
        CheckRule("mean_error", attribute="lighting"), [replace(error, difference_high=-4.0)], attributes=KNOWN
    )
    assert found.sentence == "mean_error of night 0.8, -6 against all others (-8 to -4)"


def test_recall_takes_in_the_recall_of_every_class_and_nothing_else() -> None:
    others = [figure("outside", metric="accuracy"), replace(figure("outside"), slice={"camera": "night"})]
    figures = [figure("within"), figure("outside", metric="recall:taco", group="day", ratio=0.5), *others]
    found = decide_bias(RECALL, figures, attributes=KNOWN)
    assert found.verdict is Verdict.FAILED
    assert found.value == 0.5
    assert "recall:taco of day" in found.sentence
    taco = decide_bias(CheckRule("recall:taco", attribute="lighting"), figures[:1], attributes=KNOWN)
    assert taco.sentence == "no groups"


def test_what_a_class_says_is_not_told_twice() -> None:
    figures = [figure("outside"), figure("outside", metric="recall:taco"), figure("within", group="day")]
    sentence = decide_bias(RECALL, figures, attributes=KNOWN).sentence
    assert sentence == "recall:taco of night 0.8, 0.9 of all others (0.8 to 1)"


def test_the_sentence_names_who_is_to_blame_and_what_would_decide() -> None:
    figures = [figure("within", group="day"), figure("too few"), replace(figure("undecided", group="dusk"), needed=310)]
    sentence = decide_bias(RECALL, [*figures, replace(figures[2], needed=None)], attributes=KNOWN).sentence
    assert sentence.split("; ") == [
        "recall of night 0.8, too few rows (40)",
        "recall of dusk 0.8, undecided: about 310 rows would decide",
        "recall of dusk 0.8, undecided",
    ]
    outside = decide_bias(RECALL, [figure("outside")], attributes=KNOWN).sentence
    assert outside == "recall of night 0.8, 0.9 of all others (0.8 to 1)"


@pytest.mark.parametrize(
    ("ratios", "farthest"),
    [([0.9, 1.2], 1.2), ([0.8, 1.2], 0.8), ([0.0, 9.0], 0.0), ([None], None), ([None, 1.1], 1.1)],
)
def test_the_value_is_the_ratio_farthest_from_1(ratios: list[float | None], farthest: float | None) -> None:
    found = decide_bias(RECALL, [figure("within", ratio=ratio) for ratio in ratios], attributes=KNOWN)
    assert found.value == farthest


FINDINGS = Findings(
    "classification",
    metrics={"accuracy": 0.9, "recall": None},
    intervals={"accuracy": (0.85, 0.94)},
    attributes=frozenset(KNOWN),
    groups=(figure("within"),),
    comparisons={"accuracy": PairedComparison("accuracy", 100, 0.9, 0.88, 0.02, -0.01, 0.05)},
    profile={"latency_p95_ms": 40.0, "peak_memory_mb": 300.0},
    production_profile={"latency_p95_ms": 39.0},
)


def test_a_gate_decides_every_limit_of_every_rule() -> None:
    rules = (
        CheckRule("accuracy", floor=0.8, ceiling=1, allowed_loss=0.01),
        RECALL,
        CheckRule("latency_p95_ms", ceiling=50, allowed_loss=5),
        CheckRule("peak_memory_mb", ceiling=200, allowed_loss=5),
    )
    report = decide_gate(Gate(inconclusive="block"), rules, FINDINGS)
    assert {one.name: one.verdict for one in report.checks} == {
        "accuracy floor": Verdict.PASSED,
        "accuracy ceiling": Verdict.PASSED,
        "accuracy against production": Verdict.PASSED,
        "recall by lighting": Verdict.PASSED,
        "latency_p95_ms ceiling": Verdict.PASSED,
        "latency_p95_ms against production": Verdict.PASSED,
        "peak_memory_mb ceiling": Verdict.FAILED,
        "peak_memory_mb against production": Verdict.INCONCLUSIVE,
    }
    assert report.inconclusive_rule == "block"
    assert "(0.85 to 0.94)" in report.checks[0].sentence


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (CheckRule("accuracy"), Verdict.FAILED),
        (CheckRule("latency_p95_ms"), Verdict.FAILED),
        (CheckRule("mae", ceiling=1), Verdict.FAILED),
        (CheckRule("nonsense", floor=0), Verdict.FAILED),
        (CheckRule("recall", floor=0), Verdict.INCONCLUSIVE),
        (CheckRule("macro_f1", allowed_loss=0.1), Verdict.INCONCLUSIVE),
        (CheckRule("latency_p95_ms", attribute="lighting"), Verdict.INCONCLUSIVE),
    ],
)
def test_what_cannot_be_judged_is_never_passed(rule: CheckRule, verdict: Verdict) -> None:
    assert [one.verdict for one in decide_rule(rule, FINDINGS)] == [verdict]


def test_a_first_version_has_no_baseline_and_its_floors_still_hold() -> None:
    rule = CheckRule("accuracy", floor=0.95, allowed_loss=0.01)
    first = replace(FINDINGS, comparisons=None)
    assert [one.verdict for one in decide_rule(rule, first)] == [Verdict.FAILED, Verdict.SKIPPED]


def test_a_profile_that_was_skipped_leaves_its_checks_inconclusive() -> None:
    skipped = replace(FINDINGS, profile={})
    assert decide_rule(CheckRule("latency_p95_ms", ceiling=50), skipped)[0].verdict is Verdict.INCONCLUSIVE


def test_the_rules_say_what_has_to_be_compared_and_grouped() -> None:
    rules = (
        CheckRule("accuracy", floor=0.8),
        CheckRule("accuracy", allowed_loss=0.1),
        CheckRule("recall:taco", allowed_loss=0.1),
        CheckRule("accuracy", allowed_loss=0.2),
        CheckRule("latency_p95_ms", allowed_loss=5),
        CheckRule("nonsense", allowed_loss=5),
        RECALL,
        CheckRule("precision:taco", attribute="camera"),
    )
    assert compared_metrics(rules) == ("accuracy", "recall:taco")
    assert grouped_metrics(rules) == ("recall", "precision:taco")


def test_every_metric_is_found_by_its_name() -> None:
    assert {metric.direction for metric in METRICS.values()} == {"higher", "lower", "neither"}
    assert all(metric.name == name for name, metric in METRICS.items())
    assert [name for name, metric in METRICS.items() if metric.is_from_profile] == ["latency_p95_ms", "peak_memory_mb"]


def test_a_loss_is_positive_when_the_candidate_is_worse() -> None:
    assert METRICS["accuracy"].loss(0.7, 0.8) == pytest.approx(0.1)
    assert METRICS["mae"].loss(0.7, 0.8) == pytest.approx(-0.1)


@pytest.mark.parametrize("name", ["", "acc", "recall:", "accuracy:taco", ":taco", "log_loss:taco"])
def test_a_name_that_means_nothing_is_no_metric(name: str) -> None:
    assert find_metric(name) is None


def test_a_metric_of_one_class_has_the_direction_of_its_kind() -> None:
    found = find_metric("recall:soft taco: large")
    assert found is not None
    assert (found.direction, found.task) == ("higher", "classification")
    assert found.name == "recall:soft taco: large"


def test_every_metric_says_in_one_sentence_what_it_is_which_way_is_better_and_whose_it_is() -> None:
    for metric in METRICS.values():
        assert metric.sentence == f"{metric.meaning}; {metric.sentence.split('; ')[-1]}"
        assert metric.sentence.endswith(f"({metric.source})")
        assert len(metric.sentence) < 200
        assert ("higher is better" in metric.sentence) == (metric.direction == "higher")


def test_a_rule_may_be_about_an_intersection() -> None:
    rule = CheckRule("recall", attribute="lighting × camera")
    there = decide_bias(rule, [], attributes=["lighting", "camera"])
    assert (there.verdict, there.sentence) == (Verdict.INCONCLUSIVE, "no groups")
    assert decide_bias(rule, [], attributes=["lighting"]).verdict is Verdict.FAILED
