"""Intervals by group hold the true value in 95 of 100 cases, and equal groups are seldom called different."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mltui.analysis.grouping import Grouping
from mltui.analysis.intervals import Z
from mltui.analysis.measuring import Measurement
from mltui.analysis.shares import count
from mltui.analysis.sides import Sides
from mltui.analysis.table import EvaluationTable
from mltui.analysis.verdicts import OUTSIDE, Judge

from .tables import classification, regression

DRAWS = 1000
RATES = ("recall", "precision", "f1", "false_positive_rate", "auc", "log_loss", "calibration_error")
ERRORS = ("mae", "rmse", "r2", "mean_error")


def draws(rows: int) -> Grouping:
    """Each draw is a group of one large table, so that all are measured at once."""
    return Grouping(tuple(f"{place:04}" for place in range(DRAWS)), np.repeat(np.arange(DRAWS), rows))


def scored(rows: int, *, seed: int) -> EvaluationTable:
    """Two classes, scores off by a tenth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, rows)
    right = 1 / (1 + np.exp(-1.5 * (rng.normal(size=rows) + 1.5 * truth - 0.75)))
    score = 0.1 + 0.85 * right
    ids = np.zeros(rows, dtype="U1")
    return replace(classification([0], [0]), row_ids=ids, truth=truth, prediction=(right > 0.5).astype(int),
                   scores=np.column_stack([1 - score, score]))  # fmt: skip


def three_classes(rows: int, *, seed: int) -> EvaluationTable:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, rows)
    logits = rng.normal(size=(rows, 3))
    logits[np.arange(rows), truth] += 1.5
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table = classification([0], [0], classes="abc", row_ids=["x"])
    ids = np.zeros(rows, dtype="U1")
    return replace(table, row_ids=ids, truth=truth, prediction=scores.argmax(axis=1), scores=scores)


def numbers(rows: int, *, seed: int) -> EvaluationTable:
    rng = np.random.default_rng(seed)
    truth = rng.normal(10, 3, rows)
    said, ids = truth + rng.normal(0.3, 1, rows), np.zeros(rows, dtype="U1")
    return replace(regression([0.0], [0.0]), row_ids=ids, truth=truth, prediction=said)


def covered(sides: Sides, true: float) -> float:
    low, high = sides.bounds(Z)
    return float(((low <= true) & (true <= high)).mean())


def test_intervals_of_groups_of_any_size_cover_the_true_value() -> None:
    for make, metrics in ((scored, RATES), (numbers, ERRORS)):
        large = Measurement(make(400_000, seed=9))
        for rows in (40, 100, 400):
            measured = Measurement(make(rows * DRAWS, seed=rows))
            for metric in metrics:
                whole, pair = large.whole(metric), measured.pair(metric, draws(rows))
                assert whole is not None
                assert pair is not None
                assert 0.9 <= covered(pair[0], float(whole.value[0])) <= 0.985, (metric, rows)


def test_the_interval_of_a_nearly_perfect_ranking_covers_it_though_few_rows_are_wrong_by_much() -> None:
    """Of the positives 3 in 100 are scored as the negatives are: many groups of a hundred rows have none of these."""

    def table(rows: int, seed: int) -> EvaluationTable:
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 2, rows)
        score = 1 / (1 + np.exp(2 - rng.normal(size=rows) - 4 * np.where(rng.random(rows) < 0.03, 0, truth)))
        whole = classification([0], [0], scores=[[0, 1]])
        ids, scores = np.zeros(rows, dtype="U1"), np.column_stack([1 - score, score])
        return replace(whole, row_ids=ids, truth=truth, prediction=truth, scores=scores)

    large = Measurement(table(400_000, 9)).whole("auc")
    assert large is not None
    for rows in (60, 200):
        pair = Measurement(table(rows * DRAWS, rows)).pair("auc", draws(rows))
        assert pair is not None
        assert 0.94 <= covered(pair[0], float(large.value[0])) <= 0.985, rows


def test_means_over_classes_cover_the_true_value_too() -> None:
    large, measured = Measurement(three_classes(300_000, seed=9)), Measurement(three_classes(150 * DRAWS, seed=1))
    for metric in ("recall", "precision", "f1", "false_positive_rate", "auc"):
        whole, pair = large.whole(metric), measured.pair(metric, draws(150))
        assert whole is not None
        assert pair is not None
        assert 0.93 <= covered(pair[0], float(whole.value[0])) <= 1, metric


@pytest.mark.parametrize("rows", [(40, 40), (80, 160), (100, 400)])
def test_equal_groups_are_seldom_called_outside_by_any_metric(rows: tuple[int, int]) -> None:
    """Each draw is two groups, and the other one is all others."""
    codes = np.concatenate([np.repeat(np.arange(DRAWS) * 2 + place, size) for place, size in enumerate(rows)])
    grouping = Grouping(tuple(f"{place:04}" for place in range(2 * DRAWS)), codes)
    for make, metrics in ((scored, RATES), (numbers, ERRORS)):
        measured = Measurement(make(sum(rows) * DRAWS, seed=77))
        for metric in metrics:
            pair = measured.pair(metric, grouping)
            assert pair is not None
            judge = Judge(1, 3.0 if metric in ("mae", "rmse", "mean_error") else 1.0, metric in ("r2", "mean_error"))
            found = judge.verdicts(pair[0], pair[0].take(np.arange(2 * DRAWS) ^ 1)) == OUTSIDE
            assert (found[0::2] | found[1::2]).mean() <= 0.05, metric


def test_the_area_of_all_others_is_that_of_their_rows() -> None:
    rng = np.random.default_rng(2)
    table = scored(300, seed=4)
    assert table.scores is not None
    table = replace(table, scores=table.scores.round(1))
    grouping = Grouping(tuple("abcd"), rng.integers(-1, 4, 300))
    pair = Measurement(table).pair("auc", grouping)
    assert pair is not None
    for place in range(4):
        rest = np.flatnonzero((grouping.codes != place) & (grouping.codes >= 0))
        alone = Measurement(table.take(rest)).whole("auc")
        assert alone is not None
        assert pair[1].value[place] == pytest.approx(alone.value[0])
        low, high = (float(bound[place]) for bound in pair[1].bounds(Z))
        expected = [float(bound[0]) for bound in alone.bounds(Z)]
        assert [low, high] == pytest.approx(expected, abs=0.01)


def test_rows_are_counted_by_class_and_group() -> None:
    table = classification([0, 1, 1, 0, 1], [0, 1, 0, 1, 1])
    counts = count(table, Grouping(("a", "b"), np.array([0, 0, 0, 1, -1])))
    assert counts.right.tolist() == [[1, 1], [0, 0]]
    assert counts.truth.tolist() == [[1, 2], [1, 0]]
    assert counts.predicted.tolist() == [[2, 1], [0, 1]]
