from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from sklearn import metrics as oracle

from mltui.analysis.intervals import wilson
from mltui.analysis.metrics import confusion_matrix, figures
from mltui.analysis.table import EvaluationTable

from .tables import classification, drawn_classification, drawn_regression, regression


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("seed", [1, 2])
def test_classification_metrics_are_those_of_scikit_learn(classes: int, seed: int) -> None:
    table = drawn_classification(seed, classes=classes)
    truth, said = table.truth, table.prediction
    found = {name: figure.value for name, figure in figures(table).items()}
    expected = {
        "accuracy": oracle.accuracy_score(truth, said),
        "balanced_accuracy": oracle.balanced_accuracy_score(truth, said),
        "macro_recall": oracle.recall_score(truth, said, average="macro"),
        "macro_precision": oracle.precision_score(truth, said, average="macro"),
        "macro_f1": oracle.f1_score(truth, said, average="macro"),
        "log_loss": oracle.log_loss(truth, table.scores),
        "recall": oracle.recall_score(truth, said, average="binary" if classes == 2 else "macro"),
        "precision": oracle.precision_score(truth, said, average="binary" if classes == 2 else "macro"),
    }
    for code, recall in enumerate(oracle.recall_score(truth, said, average=None)):
        expected[f"recall:class {code}"] = recall
    for code, precision in enumerate(oracle.precision_score(truth, said, average=None)):
        expected[f"precision:class {code}"] = precision
    assert table.scores is not None
    average = "binary" if classes == 2 else "macro"
    expected["f1"] = oracle.f1_score(truth, said, average=average)
    expected["false_negative_rate"] = 1 - expected["recall"]
    expected["auc"] = oracle.roc_auc_score(
        truth, table.scores[:, 1] if classes == 2 else table.scores, multi_class="ovr", average="macro"
    )
    codes = [1] if classes == 2 else range(classes)
    expected["false_positive_rate"] = np.mean([(said[truth != code] == code).mean() for code in codes])
    expected["calibration_error"] = _calibration_error(table)
    if classes == 2:
        expected["selection_rate"], expected["base_rate"] = float(said.mean()), float(truth.mean())
    assert found == pytest.approx(expected, abs=1e-12)
    assert confusion_matrix(table) == tuple(map(tuple, oracle.confusion_matrix(truth, said).tolist()))


def _calibration_error(table: EvaluationTable) -> float:
    """Kumar, Liang and Ma's, bin by bin."""
    assert table.scores is not None
    is_binary = len(table.classes) == 2
    score = table.scores[:, 1] if is_binary else table.scores.max(axis=1)
    outcome = (table.truth == 1 if is_binary else table.truth == table.prediction).astype(float)
    total = 0.0
    for place in range(10):
        gap = (outcome - score)[np.floor(score * 10).clip(0, 9) == place]
        if len(gap) > 1:
            total += len(gap) / len(score) * (gap.mean() ** 2 - gap.var(ddof=1) / len(gap))
    return float(np.sqrt(max(0.0, total)))


@pytest.mark.parametrize("seed", [1, 2])
def test_regression_metrics_are_those_of_scikit_learn(seed: int) -> None:
    table = drawn_regression(seed)
    found = {name: figure.value for name, figure in figures(table).items()}
    assert found == pytest.approx(
        {
            "mae": oracle.mean_absolute_error(table.truth, table.prediction),
            "rmse": oracle.root_mean_squared_error(table.truth, table.prediction),
            "r2": oracle.r2_score(table.truth, table.prediction),
            "mean_error": float((table.prediction - table.truth).mean()),
        },
        abs=1e-12,
    )
    assert confusion_matrix(table) == ()


def test_what_the_rows_do_not_define_is_none_and_never_a_number() -> None:
    found = figures(classification([0, 0, 0], [0, 0, 0]))
    undefined = {"recall", "macro_recall", "macro_precision", "macro_f1", "precision", "log_loss", "auc"}
    undefined |= {"recall:taco", "precision:taco", "f1", "false_negative_rate", "calibration_error"}
    assert {name for name, figure in found.items() if figure.value is None} == undefined
    assert all(found[name].low is None for name in undefined)
    assert found["balanced_accuracy"].value == 1.0


def test_a_ranking_of_one_class_is_undefined() -> None:
    assert figures(classification([1, 1], [1, 0], scores=[[0.1, 0.9], [0.6, 0.4]]))["auc"].value is None


def test_a_regression_of_equal_truths_has_no_r2_and_of_one_row_no_intervals() -> None:
    assert figures(regression([2, 2, 2], [1, 2, 3]))["r2"].value is None
    single = figures(regression([2], [3]))
    assert single["mae"].value == 1.0
    assert single["mae"].low is None


def test_a_perfect_ranking_is_as_sure_as_a_share_of_its_rarer_rows() -> None:
    scores = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.2, 0.8]]
    perfect = figures(classification([0, 0, 1, 1, 1], [0, 0, 1, 1, 1], scores=scores))["auc"]
    assert (perfect.value, perfect.low, perfect.high) == (1.0, pytest.approx(float(wilson(2, 2)[0])), 1.0)


def test_one_score_of_0_does_not_make_the_loss_infinite() -> None:
    loss = figures(classification([0, 1], [1, 1], scores=[[0, 1], [0, 1]]))["log_loss"].value
    assert loss is not None
    assert loss < 40


def test_an_exact_regression_has_no_error() -> None:
    found = figures(regression([1, 2, 3], [1, 2, 3]))
    assert (found["rmse"].value, found["r2"].value) == (0.0, 1.0)


def test_figures_go_into_json() -> None:
    for table in (drawn_classification(1, classes=3), drawn_regression(1)):
        json.dumps({name: asdict(figure) for name, figure in figures(table).items()}, allow_nan=False)
        json.dumps(confusion_matrix(table))


def test_the_variance_of_the_auc_is_delongs() -> None:
    table = drawn_classification(3, rows=300, skill=0.8)
    assert table.scores is not None
    score, is_positive = table.scores[:, 1], table.truth == 1
    pairs = score[is_positive][:, None] - score[~is_positive][None, :]
    wins = (pairs > 0) + 0.5 * (pairs == 0)
    variance = wins.mean(axis=1).var(ddof=1) / wins.shape[0] + wins.mean(axis=0).var(ddof=1) / wins.shape[1]
    area = wins.mean()
    found = figures(table)["auc"]
    weight = area * (1 - area) / variance
    assert (found.low, found.high) == pytest.approx(tuple(map(float, wilson(area * weight, weight))))
