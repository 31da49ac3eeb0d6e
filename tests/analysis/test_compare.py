from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as oracle

from mltui.analysis.compare import compare
from mltui.analysis.metrics import figures
from mltui.analysis.table import EvaluationTable
from mltui.errors import UsageError, WorkFailed

from .tables import classification, drawn_classification, drawn_regression, regression


def flipped(table: EvaluationTable, rows: list[int]) -> EvaluationTable:
    prediction = table.prediction.copy()
    prediction[rows] = 1 - prediction[rows]
    return replace(table, prediction=prediction)


def known_pair() -> tuple[EvaluationTable, EvaluationTable]:
    """Of 200 rows production gets the first 30 wrong; the candidate fixes 12 of them and breaks 5 others."""
    truth = np.tile([0, 1], 100)
    production = flipped(classification(truth, truth), list(range(30)))
    return flipped(production, [*range(12), *range(100, 105)]), production


def test_known_flips_are_counted_exactly_with_mcnemars_p() -> None:
    found = compare(*known_pair(), metric="accuracy")
    assert (found.n, found.fixed, found.broken) == (200, 12, 5)
    assert found.candidate == pytest.approx(177 / 200)
    assert found.production == pytest.approx(170 / 200)
    assert found.difference == pytest.approx(7 / 200)
    assert found.p_value == pytest.approx(binomtest(5, 17).pvalue, abs=1e-9)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 7 / 200 < found.high


def test_rows_are_matched_by_id_and_excluded_ones_left_out() -> None:
    candidate, production = known_pair()
    order = np.random.default_rng(1).permutation(200)[:150]
    shuffled = production.take(order)
    gone = frozenset(str(row_id) for row_id in production.row_ids[:12])
    found = compare(candidate, shuffled, metric="accuracy", excluded_rows=gone)
    kept = [place for place in order if place >= 12]
    assert found.n == len(kept)
    assert found.fixed == 0
    assert found.broken == sum(100 <= place < 105 for place in kept)


def test_nothing_is_defined_without_common_rows_or_between_tasks() -> None:
    candidate, production = known_pair()
    everything = frozenset(str(row_id) for row_id in production.row_ids)
    for found in (
        compare(candidate, production, metric="accuracy", excluded_rows=everything),
        compare(candidate, regression([1, 2], [1, 2]), metric="accuracy"),
        compare(candidate, production, metric="mae"),
    ):
        assert (found.n, found.difference, found.low, found.p_value) == (0, None, None, None)


def test_a_name_that_is_no_metric_of_an_evaluation_is_refused() -> None:
    for name in ("acuracy", "latency_p95_ms"):
        with pytest.raises(UsageError):
            compare(*known_pair(), metric=name)


def test_rows_with_two_truths_are_refused() -> None:
    candidate, production = known_pair()
    truth = production.truth.copy()
    truth[3] = 1 - truth[3]
    with pytest.raises(WorkFailed, match="row r3"):
        compare(candidate, replace(production, truth=truth), metric="accuracy")


@pytest.mark.parametrize(
    "metric",
    [
        "accuracy",
        "balanced_accuracy",
        "macro_recall",
        "recall",
        "recall:class 1",
        "macro_precision",
        "precision:class 2",
        "precision",
        "macro_f1",
        "log_loss",
        "selection_rate:class 0",
    ],
)
def test_a_comparison_says_what_both_figures_say(metric: str) -> None:
    candidate = drawn_classification(1, classes=3)
    drawn = drawn_classification(2, classes=3)
    production = replace(drawn, truth=candidate.truth)
    found = compare(candidate, production, metric=metric)
    for value, table in ((found.candidate, candidate), (found.production, production)):
        if metric.startswith("selection_rate"):
            assert value == pytest.approx(float((table.prediction == 0).mean()))
        else:
            assert value == pytest.approx(figures(table)[metric].value, abs=1e-12)
    assert found.difference is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.difference < found.high


def test_recall_of_one_class_looks_at_its_rows_only() -> None:
    found = compare(*known_pair(), metric="recall:taco")
    assert (found.n, found.fixed, found.broken) == (100, 6, 2)
    assert found.p_value == pytest.approx(binomtest(2, 8).pvalue)
    assert compare(*known_pair(), metric="recall") == replace(found, metric="recall")


def test_a_mean_of_recalls_has_no_mcnemar_p_and_is_undefined_without_a_class() -> None:
    candidate, production = known_pair()
    assert compare(candidate, production, metric="macro_recall").p_value is None
    only = np.flatnonzero(production.truth == 0)
    halves = (candidate.take(only), production.take(only))
    lacking = compare(*halves, metric="macro_recall")
    assert lacking.difference is None
    assert (lacking.fixed, lacking.broken) == (6, 3)
    assert compare(*halves, metric="balanced_accuracy").difference == pytest.approx(3 / 100)


def test_classes_are_matched_by_name_and_unknown_ones_count_as_wrong() -> None:
    truth = [0, 1, 0, 1, 1]
    candidate = classification(truth, truth, scores=np.eye(2)[truth])
    production = classification(
        [2, 0, 2, 0, 0], [2, 0, 1, 0, 1], classes=("taco", "pizza", "burrito"), scores=np.eye(3)[[2, 0, 1, 0, 1]]
    )
    found = compare(candidate, production, metric="accuracy")
    assert found.production == pytest.approx(3 / 5)
    assert (found.candidate, found.fixed) == (1.0, 2)
    assert compare(candidate, production, metric="macro_recall").production == pytest.approx((1 / 2 + 2 / 3) / 2)
    f1 = oracle.f1_score([0, 1, 0, 1, 1], [0, 1, 2, 1, 2], average="macro", labels=[0, 1])
    assert compare(candidate, production, metric="macro_f1").production == pytest.approx(f1)
    assert compare(candidate, production, metric="log_loss").candidate == pytest.approx(0, abs=1e-9)
    assert compare(production, candidate, metric="accuracy").difference == pytest.approx(-2 / 5)


def test_what_one_side_does_not_define_is_told_for_the_other() -> None:
    candidate = drawn_classification(1)
    bare = replace(drawn_classification(2), truth=candidate.truth, scores=None)
    found = compare(candidate, bare, metric="log_loss")
    assert found.candidate is not None
    assert (found.production, found.difference, found.low) == (None, None, None)
    more = replace(bare, classes=("class 0", "class 1", "class 2"))
    assert compare(more, candidate, metric="log_loss").candidate is None


def test_a_precision_of_a_class_that_is_never_answered_is_undefined() -> None:
    candidate, production = known_pair()
    never = replace(candidate, prediction=np.zeros_like(candidate.prediction))
    found = compare(never, production, metric="precision:taco")
    assert found.candidate is None
    assert found.production is not None
    assert found.difference is None


def test_a_single_row_has_a_difference_and_no_interval() -> None:
    found = compare(regression([1], [2]), regression([1], [4]), metric="mae")
    assert (found.difference, found.low, found.high, found.fixed) == (-2.0, None, None, None)


def test_identical_models_differ_by_nothing_as_far_as_so_few_rows_tell() -> None:
    tables = (drawn_regression(1, rows=40), drawn_regression(1, rows=4000))
    for metric in ("mae", "rmse", "r2", "mean_error"):
        few, many = (compare(table, table, metric=metric) for table in tables)
        assert few.difference == many.difference == 0.0
        assert few.low is not None
        assert many.low is not None
        assert few.low < 10 * many.low < 0.0, metric
    scored = drawn_classification(1, rows=40)
    for metric in ("log_loss", "auc", "precision", "f1"):
        found = compare(scored, scored, metric=metric)
        assert (found.low or 0.0) < 0.0 < (found.high or 0.0), metric


def test_two_models_without_a_fault_are_as_sure_as_each_for_itself() -> None:
    scores = np.column_stack([np.tile([0.9, 0.2], 20), np.tile([0.1, 0.8], 20)])
    perfect = classification([0, 1] * 20, [0, 1] * 20, scores=scores)
    for metric in ("auc", "precision"):
        found = compare(perfect, perfect, metric=metric)
        assert found.low is not None
        assert found.low < -0.1, metric
    exact = regression(range(40), range(40))
    assert (compare(exact, exact, metric="rmse").difference, compare(exact, exact, metric="rmse").low) == (0.0, None)


@pytest.mark.parametrize("metric", ["mae", "rmse"])
def test_the_paired_interval_of_an_error_covers_the_true_difference(metric: str) -> None:
    def pair(seed: int, rows: int) -> tuple[EvaluationTable, EvaluationTable]:
        rng = np.random.default_rng(seed)
        truth, shared = rng.normal(size=rows), rng.normal(size=rows)
        own, other = rng.normal(0, 0.5, (2, rows))
        return regression(truth, truth + shared + own), regression(truth, truth + 1.2 * shared + other)

    true = compare(*pair(1, 100_000), metric=metric).difference
    assert true is not None
    found = [compare(*pair(seed, 120), metric=metric) for seed in range(2, 252)]
    covered = sum(one.low is not None and one.high is not None and one.low <= true <= one.high for one in found)
    assert 0.905 <= covered / 250 <= 0.985


def test_paired_intervals_of_classifications_cover_the_true_difference() -> None:
    def pair(seed: int, rows: int) -> tuple[EvaluationTable, EvaluationTable]:
        rng = np.random.default_rng(seed)
        truth = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
        shared = rng.normal(size=(rows, 3)) + 1.4 * np.eye(3)[truth]
        tables = []
        for skew in (0.0, 0.7):
            logits = shared + 0.5 * rng.normal(size=(rows, 3)) + [skew, 0, 0]
            scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            tables.append(classification(truth, scores.argmax(axis=1), classes="abc", scores=scores))
        return tables[0], tables[1]

    metrics = ("accuracy", "macro_recall", "macro_precision", "precision:a", "selection_rate:a", "macro_f1", "log_loss")
    large = pair(1, 100_000)
    truths = {metric: compare(*large, metric=metric).difference or 0.0 for metric in metrics}
    hits = dict.fromkeys(metrics, 0)
    for seed in range(300):
        drawn = pair(seed + 1000, 150)
        for metric in metrics:
            found = compare(*drawn, metric=metric)
            hits[metric] += (
                found.low is not None and found.high is not None and found.low <= truths[metric] <= found.high
            )
    assert {metric: count for metric, count in hits.items() if not 272 <= count <= 297} == {}


def test_comparisons_go_into_json() -> None:
    for metric in ("accuracy", "macro_recall", "auc"):
        json.dumps(asdict(compare(*known_pair(), metric=metric)), allow_nan=False)
