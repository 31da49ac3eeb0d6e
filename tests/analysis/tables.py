"""Evaluation tables to measure on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mltui.analysis.grouping import Grouping
from mltui.analysis.table import EvaluationTable


def classification(
    truth: Sequence[int] | Any,
    prediction: Sequence[int] | Any,
    *,
    classes: Sequence[str] = ("burrito", "taco"),
    scores: Any = None,
    attributes: Mapping[str, Sequence[str]] | None = None,
    row_ids: Sequence[str] | None = None,
) -> EvaluationTable:
    return EvaluationTable(
        "classification",
        tuple(classes),
        np.array(row_ids if row_ids is not None else [f"r{place}" for place in range(len(truth))]),
        np.array(truth, dtype=np.intp),
        np.array(prediction, dtype=np.intp),
        None if scores is None else np.array(scores, dtype=float),
        {name: Grouping.of(list(values)) for name, values in (attributes or {}).items()},
    )


def regression(
    truth: Any, prediction: Any, *, attributes: Mapping[str, Sequence[str]] | None = None
) -> EvaluationTable:
    return EvaluationTable(
        "regression",
        (),
        np.array([f"r{place}" for place in range(len(truth))]),
        np.array(truth, dtype=float),
        np.array(prediction, dtype=float),
        None,
        {name: Grouping.of(list(values)) for name, values in (attributes or {}).items()},
    )


def drawn_classification(seed: int, *, rows: int = 400, classes: int = 2, skill: float = 1.5) -> EvaluationTable:
    """Scores that know something of the truth; with ties, as rounded scores have."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    logits = rng.normal(size=(rows, classes))
    logits[np.arange(rows), truth] += skill
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if classes == 2:
        first = scores[:, 0].round(2).clip(0.01, 0.99)
        scores = np.column_stack([first, 1 - first])
    labels = [f"class {place}" for place in range(classes)]
    return classification(truth, scores.argmax(axis=1), classes=labels, scores=scores)


def drawn_regression(seed: int, *, rows: int = 400) -> EvaluationTable:
    rng = np.random.default_rng(seed)
    truth = rng.normal(10, 3, rows)
    return regression(truth, truth + rng.normal(0.3, 1, rows))
