"""Rates at a threshold are those of the breakdown of the same answers, at any threshold, and quickly."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mltui.analysis.grouping import Grouping
from mltui.analysis.groups import breakdown
from mltui.analysis.metrics import figures
from mltui.analysis.table import EvaluationTable
from mltui.analysis.thresholds import RATES, Thresholds
from mltui.errors import UsageError

from .tables import classification, drawn_classification


def drawn(rows: int = 600, *, seed: int = 3) -> EvaluationTable:
    """Scores with ties; one row in ten without a group, some without a score, and a group of too few."""
    rng = np.random.default_rng(seed)
    table = drawn_classification(seed, rows=rows)
    assert table.scores is not None
    table.scores[rng.random(rows) < 0.03] = np.nan
    names = rng.choice(["a", "b", "c", ""], rows, p=[0.5, 0.37, 0.03, 0.1])
    return replace(table, attributes={"sex": Grouping.of(names.tolist())})


def answered(table: EvaluationTable, threshold: np.ndarray | float) -> EvaluationTable:
    """Row by row, without the rows that have no score."""
    assert table.scores is not None
    there = np.flatnonzero(np.isfinite(table.scores[:, 1]))
    limits = np.broadcast_to(threshold, len(table))
    prediction = (table.scores[:, 1] >= limits).astype(np.intp)
    return replace(table, prediction=prediction).take(there)


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 0.62, 0.99, 1.0])
def test_all_rates_are_those_of_the_rows_answered_so(threshold: float) -> None:
    table = drawn()
    found, rows = Thresholds.of(table).at(threshold, metric="recall"), answered(table, threshold)
    wanted = {(each.group, each.metric): each for each in breakdown(rows, attributes=["sex"], metrics=RATES)}
    assert [each.group for each in found.groups] == ["a", "b", "c"]
    for each in found.groups:
        assert each.verdict == wanted[each.group, "recall"].verdict
        for metric in RATES:
            value = wanted[each.group, metric].value
            assert each.rates[metric] == (None if value is None else pytest.approx(value)), (each.group, metric)
    whole = figures(rows)
    assert found.overall.n == len(rows)
    assert {name: found.overall.rates[name] for name in RATES} == {
        name: None if whole[name].value is None else pytest.approx(whole[name].value) for name in RATES
    }


def test_rates_of_the_first_class_are_those_of_the_same_answers() -> None:
    table = drawn()
    turned = Thresholds.of(table, label=table.classes[0])
    found, rows = turned.at(0.62, metric="recall"), answered(table, 0.62)
    metrics = [each if each == "accuracy" else f"{each}:{table.classes[0]}" for each in RATES]
    wanted = {(each.group, each.metric): each for each in breakdown(rows, attributes=["sex"], metrics=metrics)}
    for each in found.groups:
        assert each.verdict == wanted[each.group, metrics[1]].verdict
        told = [wanted[each.group, metric].value for metric in metrics]
        assert list(each.rates.values()) == [None if value is None else pytest.approx(value) for value in told]
    assert (turned.label, turned.positive, turned.turned().label) == (*table.classes, table.classes[1])
    with pytest.raises(UsageError, match="no class “maybe”"):
        Thresholds.of(table, label="maybe")


def test_a_groups_own_threshold_moves_that_group_and_the_whole() -> None:
    table = drawn()
    explored = Thresholds.of(table, "sex")
    codes = table.grouping("sex").codes  # type: ignore[union-attr]
    limits = np.where(codes == 1, 0.8, 0.4)
    found, rows = explored.at(0.4, apart={"b": 0.8}), answered(table, limits)
    assert found.is_what_if
    assert not explored.at(0.4).is_what_if
    assert found.groups[0] == replace(explored.at(0.4).groups[0], verdict=found.groups[0].verdict)
    assert found.groups[1].rates == explored.at(0.8).groups[1].rates
    assert found.overall.rates["accuracy"] == pytest.approx(figures(rows)["accuracy"].value)


def test_a_curve_holds_the_rates_of_each_threshold() -> None:
    explored = Thresholds.of(drawn())
    grid = explored.grid()
    assert (grid[0], grid[-1]) == (0.0, 1.0)
    assert (np.diff(grid) > 0).all()
    curves = explored.over("false_positive_rate", grid)
    for place in (0, len(grid) // 3, len(grid) - 1):
        moment = explored.at(float(grid[place]))
        wanted = [each.rates["false_positive_rate"] for each in (moment.overall, *moment.groups)]
        assert [each.values[place] for each in curves] == wanted
    assert [each.group for each in curves] == ["", "a", "b", "c"]
    values = curves[0].values
    assert all(a is not None and b is not None and a >= b for a, b in pairwise(values))


def test_without_attributes_all_rows_are_told() -> None:
    table = drawn_classification(1)
    found = Thresholds.of(table).at(0.5)
    assert (found.groups, found.overall.n) == ((), len(table))
    assert len(Thresholds.of(table).over("recall", np.array([0.5]))) == 1


def test_what_has_no_threshold_is_refused() -> None:
    table = drawn()
    explored = Thresholds.of(table)
    for refused in (
        lambda: Thresholds.of(drawn_classification(1, classes=3)),
        lambda: Thresholds.of(classification([0, 1], [0, 1])),
        lambda: Thresholds.of(table, "age"),
        lambda: explored.at(1.01),
        lambda: explored.at(float("nan")),
        lambda: explored.at(0.5, metric="auc"),
        lambda: explored.at(0.5, apart={"z": 0.5}),
        lambda: explored.at(0.5, apart={"a": 2}),
    ):
        with pytest.raises(UsageError):
            refused()


def test_a_million_rows_are_sorted_once_and_moving_reads_a_few_places() -> None:
    rng = np.random.default_rng(1)
    rows = 1_000_000
    truth = rng.integers(0, 2, rows)
    score = np.clip(rng.normal(0.4 + 0.2 * truth, 0.2), 0, 1)
    table = EvaluationTable(
        "classification", ("no", "yes"), np.empty(rows, "U1"), truth, truth, np.column_stack([1 - score, score]),
        {"region": Grouping(tuple(f"{place:02}" for place in range(30)), rng.integers(0, 30, rows))},
    )  # fmt: skip
    began = time.process_time()
    explored = Thresholds.of(table)
    built = time.process_time() - began
    began = time.process_time()
    for step in range(20):
        explored.at(0.3 + step / 50)
    moved = (time.process_time() - began) / 20
    print(f"built in {built:.3f} s, moved in {moved * 1000:.2f} ms")
    assert moved < built / 20
