"""How one smoke answer is judged, and all of them together."""

from __future__ import annotations

from typing import Any

import pytest

from mltui.domain.project import SmokeCase
from mltui.domain.smoke import SmokeAnswer, judge, judge_all

TACO = SmokeCase(input="smoke/taco-1.jpg", expect="taco", minimum_score=0.6)
HOUSE = SmokeCase(input={"rooms": 4}, expect=200_000, tolerance=0.1)


def verdict(case: SmokeCase, answer: dict[str, Any], *, status: int = 200, milliseconds: float = 5) -> SmokeAnswer:
    return judge(case, answer, status=status, milliseconds=milliseconds, name="case", limit_ms=100)


def test_the_right_label_with_enough_score_is_right() -> None:
    assert verdict(TACO, {"label": "taco", "score": 0.6}).is_right


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"label": "burrito", "score": 0.99}, "expected taco, got burrito"),
        ({"label": "taco", "score": 0.59}, "below 0.6"),
        ({"label": "taco", "score": float("nan")}, "below 0.6"),
        ({"label": "taco"}, "below 0.6"),
        ({}, "expected taco, got None"),
    ],
)
def test_a_wrong_label_or_a_low_score_is_wrong(answer: dict[str, Any], reason: str) -> None:
    found = verdict(TACO, answer)
    assert not found.is_right
    assert reason in found.reason


def test_a_swapped_class_map_is_wrong_in_every_case() -> None:
    burrito = SmokeCase(input="b.jpg", expect="burrito")
    answers = [verdict(TACO, {"label": "burrito", "score": 0.9}), verdict(burrito, {"label": "taco", "score": 0.9})]
    report = judge_all(answers, share_right=0.5)
    assert not report.is_green
    assert report.right == 0


def test_a_status_other_than_200_is_wrong_whatever_the_body_says() -> None:
    assert verdict(TACO, {"label": "taco", "score": 1.0}, status=503).reason == "answered with status 503"


def test_a_late_answer_is_wrong() -> None:
    assert "took 101 ms" in verdict(TACO, {"label": "taco", "score": 0.9}, milliseconds=101).reason


@pytest.mark.parametrize(("value", "is_right"), [(200_000, True), (180_000, True), (220_000.0, True), (179_999, False)])
def test_a_number_may_be_off_by_its_tolerance(value: float, is_right: bool) -> None:
    assert verdict(HOUSE, {"value": value}).is_right is is_right


def test_a_number_is_told_without_the_noise_of_its_type() -> None:
    found = verdict(HOUSE, {"value": 199_620.0685119628906})
    assert (found.expected, found.answered) == ("200000", "199620.07")


@pytest.mark.parametrize("value", [None, "200000", float("nan"), float("inf")])
def test_what_is_no_number_is_wrong(value: object) -> None:
    assert not verdict(HOUSE, {"value": value}).is_right


def test_without_a_tolerance_a_number_has_to_be_exact() -> None:
    exact = SmokeCase(input={"rooms": 4}, expect=3.0)
    assert verdict(exact, {"value": 3.0}).is_right
    assert not verdict(exact, {"value": 3.0001}).is_right


def test_without_cases_nothing_is_green() -> None:
    report = judge_all([], share_right=0.9)
    assert not report.is_green
    assert report.sentence == "there are no smoke cases"


@pytest.mark.parametrize(("right", "is_green"), [(10, True), (9, True), (8, False)])
def test_the_share_of_right_cases_decides(right: int, is_green: bool) -> None:
    good = verdict(TACO, {"label": "taco", "score": 0.9})
    bad = verdict(TACO, {"label": "burrito", "score": 0.9})
    report = judge_all([good] * right + [bad] * (10 - right), share_right=0.9)
    assert report.is_green is is_green
    assert f"{right} of 10 right" in report.sentence


def test_the_latency_is_that_of_nearly_all_that_was_answered() -> None:
    answers = [verdict(TACO, {"label": "taco", "score": 0.9}, milliseconds=each) for each in range(1, 21)]
    silent = SmokeAnswer("case", "taco", "no answer", None, 0.0, is_right=False, reason="it is not there")
    assert judge_all([*answers, silent], share_right=1).latency_p95_ms == 19
    assert judge_all([silent], share_right=1).latency_p95_ms is None
