"""Few rows that are all alike claim no certainty: an interval has a width, or there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from mltui.analysis.groups import breakdown, usual_metrics
from mltui.analysis.metrics import figures
from mltui.analysis.table import EvaluationTable
from mltui.domain.version import GroupFigure

from .tables import classification, regression

ROWS = 400
CAMERA = ["alike"] * 40 + ["other"] * (ROWS - 40)


def width(low: float | None, high: float | None) -> float:
    return math.inf if low is None or high is None else high - low


def of_alike(found: Sequence[GroupFigure]) -> list[GroupFigure]:
    return [each for each in found if each.group == "alike"]


def errors(alike: float) -> EvaluationTable:
    """The predictions of the first 40 rows are off by the same, those of the others are not."""
    random = np.random.default_rng(4)
    truth, error = np.round(random.normal(1000, 50, ROWS), 2), random.normal(0, 10, ROWS)
    error[:40] = alike
    return regression(truth, truth + error, attributes={"camera": CAMERA})


def scored(own: float, right: float) -> EvaluationTable:
    """The first 40 rows have one score for their own class, and are right in this share."""
    random = np.random.default_rng(5)
    truth, score = random.integers(0, 2, ROWS), random.uniform(0.05, 0.95, ROWS)
    score[:40] = np.where(truth[:40] == 1, own, 1 - own)
    truth[: round(40 * (1 - right))] ^= 1
    return classification(truth, score > 0.5, scores=np.column_stack([1 - score, score]), attributes={"camera": CAMERA})


@pytest.mark.parametrize(
    "table", [errors(0.0), errors(7.3), errors(-30.0), scored(0.97, 1.0), scored(1.0, 1.0), scored(0.5, 1.0)]
)
def test_no_figure_of_forty_rows_that_are_alike_has_an_interval_without_width(table: EvaluationTable) -> None:
    metrics = (*usual_metrics(table), *(["log_loss"] if table.classes else []))
    found = of_alike(breakdown(table, metrics=metrics))
    assert {each.metric for each in found} >= {"log_loss", "auc", "calibration_error"} or not table.classes
    for each in found:
        assert width(each.low, each.high) > 0.001 * abs(each.value or 1), each
        assert width(each.difference_low, each.difference_high) > 0, each


def test_as_many_rows_as_may_be_unseen_may_be_like_the_worst_of_the_table() -> None:
    table = errors(0.0)
    (mae,) = of_alike(breakdown(table, metrics=["mae"]))
    worst = float(np.abs(table.prediction - table.truth).max())
    assert (mae.value, mae.low) == (0.0, 0.0)
    assert mae.high == pytest.approx(1.959964**2 / (40 + 1.959964**2) * worst, rel=1e-6)


@pytest.mark.parametrize("metric", ["mae", "rmse", "mean_error"])
def test_an_interval_of_rows_alike_holds_what_some_rows_unlike_them_make_of_it(metric: str) -> None:
    """One group in 20 rows is off as much as others are; groups that have drawn none of these look all alike."""
    random = np.random.default_rng(6)
    groups, size = 300, 40
    rows = groups * size
    error = np.where(random.random(rows) < 0.05, random.normal(0, 10, rows), 2.0)
    names = [f"g{row // size}" for row in range(rows)]
    truth = random.normal(0, 50, rows)
    found = breakdown(regression(truth, truth + error, attributes={"camera": names}), metrics=[metric])
    is_alike = [bool((error[row : row + size] == 2.0).all()) for row in range(0, rows, size)]
    true = {"mae": 0.95 * 2 + 0.05 * 7.979, "rmse": math.sqrt(0.95 * 4 + 0.05 * 100), "mean_error": 0.95 * 2}[metric]
    alike = [each for each in found if is_alike[int(each.group[1:])]]
    assert len(alike) > 20
    assert all((each.low or 0) <= true <= (each.high or 0) for each in alike)


def test_where_the_whole_table_is_alike_there_is_no_interval_and_no_harm() -> None:
    truth = np.arange(ROWS, dtype=float)
    table = regression(truth, truth + 0.1, attributes={"camera": CAMERA})
    for each in breakdown(table, metrics=["mae", "rmse", "mean_error"]):
        assert (each.low, each.high, each.verdict) == (None, None, "within"), each
    assert figures(table)["mae"].low is None


def test_a_bin_whose_rows_are_all_right_is_no_surer_than_their_share() -> None:
    (found,) = of_alike(breakdown(scored(0.97, 1.0), metrics=["calibration_error"]))
    assert (found.value, found.low) == (pytest.approx(0.03), 0.0)
    assert found.high is not None
    assert found.high > 0.05
