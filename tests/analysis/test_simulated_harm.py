"""Over simulated comparisons: where no group is harmed, harm is seldom said; where one is, nearly always."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mltui.analysis.grouping import Grouping
from mltui.analysis.prediction_diff import answer_changes
from mltui.analysis.table import EvaluationTable
from mltui.domain.answer_changes import AnswerChanges

COMPARISONS = 400
SIZES = (600, 400, 300, 200, 200, 120, 80, 60, 40)
HARMED = 3
"""Place of a group of 200."""
ROWS = sum(SIZES)
IDS = np.array([f"r{row}" for row in range(ROWS)])
GROUP = np.repeat(np.arange(len(SIZES)), SIZES)
NAMES = {
    "district": Grouping.of([f"d{place}" for place in GROUP.tolist()]),
    "camera": Grouping.of([f"c{row % 5}" for row in range(ROWS)]),
}


def held(truth: np.ndarray, before: np.ndarray, after: np.ndarray, task: str) -> AnswerChanges:
    classes = ("burrito", "taco") if task == "classification" else ()
    old, new = (EvaluationTable(task, classes, IDS, truth, each, attributes=NAMES) for each in (before, after))  # type: ignore[arg-type]
    return answer_changes(new, old)


def classified(random: np.random.Generator, *, gain: float, loss: float) -> AnswerChanges:
    """Both are right on 80 %, and differ on 3 rows in 20 by chance alone, as two seeds of one training do; the
    candidate mends the part `gain` of what is wrong, but for one group, where it breaks the part `loss` of all."""
    truth = random.integers(0, 2, ROWS)
    before = random.random(ROWS) < 0.8
    after = np.where(random.random(ROWS) < 0.45, random.random(ROWS) < 0.8, before)
    is_harmed = (GROUP == HARMED) & (loss > 0)
    after = np.where(is_harmed, after & (random.random(ROWS) >= loss / 0.8), after | (random.random(ROWS) < gain))
    return held(truth, *(np.where(right, truth, 1 - truth) for right in (before, after)), "classification")


def predicted(random: np.random.Generator, *, gain: float, loss: float) -> AnswerChanges:
    """Errors of both are heavy-tailed and alike on the whole; `loss` and `gain` are parts of their mean."""
    truth = random.normal(0, 3, ROWS)
    shared, own = random.standard_t(3, ROWS), random.standard_t(3, (2, ROWS))
    factor = np.where(GROUP == HARMED, 1 + loss, 1 - gain) if loss else np.full(ROWS, 1 - gain)
    before, after = (shared + each for each in own)
    return held(truth, truth + before, truth + after * factor, "regression")


@pytest.mark.parametrize("make", [classified, predicted])
@pytest.mark.parametrize("gain", [0.0, 0.15])
def test_harm_is_said_in_at_most_one_of_twenty_comparisons_without_any(
    make: Callable[..., AnswerChanges], gain: float
) -> None:
    random = np.random.default_rng(11)
    said = [bool(make(random, gain=gain, loss=0.0).harmed) for _ in range(COMPARISONS)]
    assert np.mean(said) <= 0.05


@pytest.mark.parametrize("make", [classified, predicted])
def test_a_loss_of_twenty_points_in_a_group_of_200_is_said_while_the_rest_gains(
    make: Callable[..., AnswerChanges],
) -> None:
    random = np.random.default_rng(12)
    gain, loss = (0.4, 0.2) if make is classified else (0.15, 0.8)
    found = [make(random, gain=gain, loss=loss) for _ in range(COMPARISONS // 2)]
    assert np.mean([each.is_better for each in found]) >= 0.9
    assert np.mean([bool(each.harmed) and each.harmed[0].group == f"d{HARMED}" for each in found]) >= 0.9
