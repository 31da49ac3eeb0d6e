"""The same figures as Fairlearn's, wherever rows define them; where they do not, none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    count,
    false_negative_rate,
    false_positive_rate,
    mean_prediction,
    selection_rate,
    true_positive_rate,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mltui.analysis.groups import breakdown
from mltui.analysis.metrics import figures
from mltui.analysis.table import EvaluationTable
from mltui.domain.spans import Span, spans_of
from mltui.domain.version import GroupFigure

from .tables import classification, regression

Score = Callable[[Any, Any], float]


def _auc(truth: Any, score: Any) -> float:
    return float(oracle.roc_auc_score(truth, score)) if len(np.unique(truth)) == 2 else np.nan


def _needs(part: Callable[[Any, Any], Any], metric: Score) -> Score:
    """Fairlearn says 0 where no row defines a rate."""
    return lambda truth, said: metric(truth, said) if np.any(part(truth, said)) else np.nan


RATES: Mapping[str, Score] = {
    "accuracy": oracle.accuracy_score,
    "base_rate": lambda truth, said: float(np.mean(truth)),
    "selection_rate": selection_rate,
    "recall": _needs(lambda truth, said: truth == 1, partial(true_positive_rate, pos_label=1)),
    "false_positive_rate": _needs(lambda truth, said: truth == 0, partial(false_positive_rate, pos_label=1)),
    "false_negative_rate": _needs(lambda truth, said: truth == 1, partial(false_negative_rate, pos_label=1)),
    "precision": _needs(lambda truth, said: said == 1, partial(oracle.precision_score, zero_division=0)),
    "f1": _needs(lambda truth, said: (truth == 1) | (said == 1), partial(oracle.f1_score, zero_division=0)),
}
ERRORS: Mapping[str, Score] = {
    "mae": oracle.mean_absolute_error,
    "rmse": oracle.root_mean_squared_error,
    "r2": _needs(lambda truth, said: np.ptp(truth) > 0, oracle.r2_score),
}


def _same(found: float | None, expected: float) -> bool:
    if found is None:
        return bool(np.isnan(expected))
    return found == pytest.approx(expected, abs=1e-9)


def _check(
    table: EvaluationTable, frames: Mapping[str, MetricFrame], attribute: str, overall: Mapping[str, Any]
) -> None:
    found = breakdown(table, attributes=[attribute], metrics=list(frames))
    by_name: dict[tuple[str, str], GroupFigure] = {(each.metric, each.group): each for each in found}
    spans: dict[str, Span] = {each.metric: each for each in spans_of(found, overall)}
    for metric, frame in frames.items():
        expected = frame.by_group[metric]
        for group, value in expected.items():
            name = " × ".join(group) if isinstance(group, tuple) else group
            figure = by_name.get((metric, name))
            assert _same(None if figure is None else figure.value, value), (metric, group)
        if expected.isna().all():
            continue
        span = spans[metric]
        assert _same(span.group_min, frame.group_min()[metric])
        assert _same(span.group_max, frame.group_max()[metric])
        assert _same(span.difference, frame.difference(method="between_groups")[metric])
        if span.ratio is not None:
            assert _same(span.ratio, frame.ratio(method="between_groups")[metric])


def _frames(metrics: Mapping[str, Score], truth: Any, said: Any, features: Mapping[str, Any]) -> dict[str, MetricFrame]:
    """One frame, under the name of each of its metrics."""
    frame = MetricFrame(metrics=dict(metrics), y_true=truth, y_pred=said, sensitive_features=dict(features))
    return dict.fromkeys(metrics, frame)


TABLES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "rows": st.integers(2, 60),
        "groups": st.integers(1, 6),
        "rate": st.sampled_from([0.0, 0.1, 0.5, 1.0]),
        "said": st.sampled_from([0.0, 0.3, 1.0]),
        "missing": st.sampled_from([0.0, 0.2]),
        "unscored": st.sampled_from([0.0, 0.2]),
    }
)


@settings(max_examples=10, deadline=None)
@given(TABLES)
def test_rates_of_groups_and_intersections_are_fairlearns(drawn: dict[str, Any]) -> None:
    rng, rows = np.random.default_rng(drawn["seed"]), drawn["rows"]
    truth = (rng.random(rows) < drawn["rate"]).astype(int)
    said = (rng.random(rows) < drawn["said"]).astype(int)
    score = rng.random(rows).round(1)
    score[rng.random(rows) < drawn["unscored"]] = np.nan
    sex = rng.choice(["f", "m", "x"], rows)
    band = np.array([f"band {place}" for place in rng.integers(0, drawn["groups"], rows)])
    band[rng.random(rows) < drawn["missing"]] = ""
    table = classification(
        truth, said, scores=np.column_stack([1 - score, score]), attributes={"band": band.tolist(), "sex": sex.tolist()}
    )
    overall = {name: figure.value for name, figure in figures(table).items()}
    for name, metric in RATES.items():
        assert _same(overall[name], metric(truth, said)), name
    kept, scored = band != "", (band != "") & np.isfinite(score)
    if not kept.any():
        return
    for attribute, features in (("band", {"band": band}), ("band × sex", {"band": band, "sex": sex})):
        parts = {key: values[kept] for key, values in features.items()}
        frames = _frames(RATES, truth[kept], said[kept], parts)
        if scored.any() and set(band[scored]) == set(band[kept]):
            parts = {key: values[scored] for key, values in features.items()}
            frames |= _frames({"auc": _auc}, truth[scored], score[scored], parts)
        _check(table, frames, attribute, overall)


@settings(max_examples=4, deadline=None)
@given(TABLES)
def test_rates_of_each_class_and_their_means_are_fairlearns(drawn: dict[str, Any]) -> None:
    rng, rows = np.random.default_rng(drawn["seed"]), drawn["rows"]
    truth, said = rng.integers(0, 3, rows), rng.integers(0, 3, rows)
    band = np.array([f"band {place}" for place in rng.integers(0, drawn["groups"], rows)])
    table = classification(truth, said, classes="abc", attributes={"band": band.tolist()})
    values: dict[str, list[Any]] = {}
    for code, label in enumerate("abc"):
        metrics = {f"{name}:{label}": metric for name, metric in RATES.items() if name != "accuracy"}
        frames = _frames(metrics, (truth == code).astype(int), (said == code).astype(int), {"band": band})
        _check(table, frames, "band", {})
        for name, frame in frames.items():
            values.setdefault(name.partition(":")[0], []).append(frame.by_group[name])
    for figure in breakdown(table, metrics=["recall", "precision", "f1", "false_positive_rate", "false_negative_rate"]):
        per_class = [each[figure.group] for each in values[figure.metric]]
        expected = np.nan if np.isnan(per_class).all() else np.nanmean(per_class)
        assert _same(figure.value, float(expected)), figure


@settings(max_examples=6, deadline=None)
@given(TABLES)
def test_errors_of_groups_are_fairlearns(drawn: dict[str, Any]) -> None:
    rng, rows = np.random.default_rng(drawn["seed"]), drawn["rows"]
    truth = rng.normal(200, 50, rows).round(1)
    said = truth + rng.normal(3, 10, rows)
    band = np.array([f"band {place}" for place in rng.integers(0, drawn["groups"], rows)])
    table = regression(truth, said, attributes={"band": band.tolist()})
    _check(table, _frames(ERRORS, truth, said, {"band": band}), "band", {})
    others: dict[str, Score] = {"mean_error": lambda truth, said: mean_prediction(truth, said - truth), "n": count}
    expected = _frames(others, truth, said, {"band": band})["n"].by_group
    for figure in breakdown(table, metrics=["mean_error"]):
        assert _same(figure.value, expected["mean_error"][figure.group])
        assert figure.n == expected["n"][figure.group]
