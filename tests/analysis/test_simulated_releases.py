"""Over simulated releases: an equal model is seldom blocked, one that is worse nearly always."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mltui.analysis.compare import compare
from mltui.analysis.grouping import Grouping
from mltui.analysis.groups import breakdown
from mltui.analysis.table import EvaluationTable
from mltui.domain.checks import Verdict
from mltui.domain.gate import Findings, decide_rule
from mltui.domain.policy import CheckRule

RELEASES = 200
ROWS = 2000
NIGHT_ROWS = 200
OVERALL = CheckRule("accuracy", allowed_loss=0.02)
BY_GROUP = CheckRule("accuracy", attribute="lighting", allowed_loss=0.05)

Pair = tuple[EvaluationTable, EvaluationTable]


def table(right: np.ndarray, night: np.ndarray, truth: np.ndarray) -> EvaluationTable:
    return EvaluationTable(
        "classification",
        ("burrito", "taco"),
        np.array([f"r{row}" for row in range(ROWS)]),
        truth,
        np.where(right, truth, 1 - truth),
        attributes={"lighting": Grouping.of(np.where(night, "night", "day").tolist())},
    )


def release(seed: int, *, loss: float = 0.0, night_loss: float = 0.0) -> Pair:
    """Candidate and production: right on 90 % each, the candidate less often by the losses; 1 row in 20 differs by
    chance alone, as between two seeds of one training."""
    random = np.random.default_rng(seed)
    truth, night = random.integers(0, 2, ROWS), np.arange(ROWS) < NIGHT_ROWS
    production = random.random(ROWS) < 0.9
    candidate = np.where(random.random(ROWS) < 0.25, random.random(ROWS) < 0.9, production)
    lost = np.where(night, night_loss, 0.0) + loss
    candidate = candidate & (random.random(ROWS) >= lost / 0.9)
    return table(candidate, night, truth), table(production, night, truth)


def overall(pair: Pair) -> Verdict:
    compared = {"accuracy": compare(*pair, metric="accuracy")}
    findings = Findings("classification", metrics={"accuracy": 0.9}, comparisons=compared)
    return decide_rule(OVERALL, findings)[0].verdict


def by_group(pair: Pair) -> Verdict:
    candidate, production = pair
    groups = {group: compare(rows, production, metric="accuracy") for group, rows in candidate.by_group("lighting")}
    findings = Findings(
        "classification",
        metrics={},
        attributes=frozenset(["lighting"]),
        groups=breakdown(candidate, metrics=["accuracy"]),
        group_comparisons={("accuracy", "lighting"): groups},
    )
    return decide_rule(BY_GROUP, findings)[0].verdict


@pytest.mark.parametrize("decide", [overall, by_group])
def test_an_equal_model_is_blocked_in_at_most_5_of_100_releases(decide: Callable[[Pair], Verdict]) -> None:
    verdicts = [decide(release(seed)) for seed in range(RELEASES)]
    assert sum(each is not Verdict.PASSED for each in verdicts) <= 0.05 * RELEASES


def test_a_loss_of_5_points_on_2000_rows_is_blocked_in_at_least_90_of_100() -> None:
    verdicts = [overall(release(seed, loss=0.05)) for seed in range(RELEASES)]
    assert sum(each is Verdict.FAILED for each in verdicts) >= 0.9 * RELEASES


def test_a_loss_of_20_points_in_a_group_of_200_is_blocked_in_at_least_90_of_100() -> None:
    pairs = [release(seed, night_loss=0.2) for seed in range(RELEASES)]
    assert sum(by_group(pair) is Verdict.FAILED for pair in pairs) >= 0.9 * RELEASES
