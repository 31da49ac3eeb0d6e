"""All metrics: what each means, which way is better, for which task it exists, and whose definition it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mltui.domain.task import Task

CHANGED_PREDICTIONS = "changed_predictions"
PROXY_AUC = "proxy_auc"
SPLIT_ROWS = "split_rows"
OF_DATA = (PROXY_AUC, SPLIT_ROWS)
"""Of what a version was trained on, by group of an attribute."""

Direction = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    direction: Direction
    """Which way is better; neither: no loss can be told from it."""
    task: Task | None
    """None: whatever the task; it comes from the profile, the data, or the comparison with production."""
    meaning: str
    source: str
    """Who defines it so."""

    @property
    def sentence(self) -> str:
        """What it means, which way is better, and whose definition it is."""
        better = {"higher": "higher is better", "lower": "lower is better", "neither": "neither way is better"}
        return f"{self.meaning}; {better[self.direction]} ({self.source})"

    @property
    def is_signed(self) -> bool:
        """It may lie below 0, so that no ratio can be told."""
        return self.name in ("mean_error", "r2")

    @property
    def is_from_profile(self) -> bool:
        return self.task is None and self.name not in (CHANGED_PREDICTIONS, *OF_DATA)

    @property
    def moves_with_threshold(self) -> bool:
        """It counts answers, which a threshold decides; neither scores nor truths alone."""
        return self.task == "classification" and self.name.partition(":")[0] not in _BESIDE_ANSWERS

    def loss(self, candidate: float, production: float) -> float:
        """How much worse the candidate is; negative when it is better. Only for metrics that have a direction."""
        return production - candidate if self.direction == "higher" else candidate - production


_BESIDE_ANSWERS = ("log_loss", "auc", "calibration_error", "base_rate")

_TABLE: tuple[tuple[str, Direction, Task | None, str, str], ...] = (
    ("accuracy", "higher", "classification", "share of the rows that are answered rightly", "Fairlearn, scikit-learn"),
    ("balanced_accuracy", "higher", "classification", "mean recall of the classes that occur", "scikit-learn"),
    (
        "recall",
        "higher",
        "classification",
        "share of the rows of a class that is found (true positive rate); of more than two classes their mean",
        "Fairlearn, scikit-learn",
    ),
    (
        "precision",
        "higher",
        "classification",
        "share of the answers of a class that is right; of more than two classes their mean",
        "scikit-learn",
    ),
    (
        "macro_recall",
        "higher",
        "classification",
        "mean over all classes of their recall",
        "scikit-learn",
    ),
    (
        "macro_precision",
        "higher",
        "classification",
        "mean over all classes of their precision",
        "scikit-learn",
    ),
    ("macro_f1", "higher", "classification", "mean over all classes of their f1", "scikit-learn"),
    (
        "f1",
        "higher",
        "classification",
        "harmonic mean of precision and recall; of more than two classes their mean",
        "scikit-learn",
    ),
    (
        "base_rate",
        "neither",
        "classification",
        "share of the rows that are of the class",
        "Barocas, Hardt and Narayanan 2023",
    ),
    ("selection_rate", "neither", "classification", "share of the rows that get the class as answer", "Fairlearn"),
    (
        "false_positive_rate",
        "lower",
        "classification",
        "share of the rows of other classes that get the class as answer; of more than two classes their mean",
        "Fairlearn",
    ),
    (
        "false_negative_rate",
        "lower",
        "classification",
        "share of the rows of a class that is missed; of more than two classes their mean",
        "Fairlearn",
    ),
    ("log_loss", "lower", "classification", "mean of −ln of the score that the true class got", "scikit-learn"),
    (
        "auc",
        "higher",
        "classification",
        "chance that a row of the class scores above a row of another; of more than two classes their mean",
        "Hanley and McNeil 1982",
    ),
    (
        "calibration_error",
        "lower",
        "classification",
        "how far scores lie from the share that comes true, over ten bins of the score, without what is chance",
        "Kumar, Liang and Ma 2019",
    ),
    ("mae", "lower", "regression", "mean distance between prediction and truth", "scikit-learn"),
    ("rmse", "lower", "regression", "root of the mean squared distance between prediction and truth", "scikit-learn"),
    ("r2", "higher", "regression", "share of the truth's variance that is explained", "scikit-learn"),
    ("mean_error", "neither", "regression", "mean of prediction minus truth", "Fairlearn"),
    (
        "changed_predictions",
        "lower",
        None,
        "share of common rows that are answered otherwise than in production",
        "comparison with production",
    ),
    ("latency_p95_ms", "lower", None, "milliseconds within which 95 % of the requests are answered", "profile"),
    ("peak_memory_mb", "lower", None, "most megabytes of the server while it is profiled", "profile"),
    (
        "proxy_auc",
        "lower",
        None,
        "how well the features tell a group from all others, cross-validated, where 0.5 is chance",
        "data",
    ),
    ("split_rows", "higher", None, "rows of a group in the split that has the fewest of them", "data"),
)

METRICS: Mapping[str, Metric] = {row[0]: Metric(*row) for row in _TABLE}

PER_CLASS = (
    "recall",
    "precision",
    "f1",
    "base_rate",
    "selection_rate",
    "false_positive_rate",
    "false_negative_rate",
    "auc",
)
"""Metrics that each class has: `recall:taco`."""

WITHOUT_MEAN = ("base_rate", "selection_rate")
"""Of these the mean over the classes says nothing."""


def find_metric(name: str) -> Metric | None:
    """`recall`, or of one class `recall:taco`; None for a name that means nothing."""
    kind, colon, label = name.partition(":")
    if not colon:
        return METRICS.get(name)
    if kind not in PER_CLASS or not label:
        return None
    return replace(METRICS[kind], name=name)
