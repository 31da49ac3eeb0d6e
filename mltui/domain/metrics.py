"""The names of all metrics: which way is better, for which task they exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

    @property
    def is_from_profile(self) -> bool:
        return self.task is None and self.name not in (CHANGED_PREDICTIONS, *OF_DATA)

    def loss(self, candidate: float, production: float) -> float:
        """How much worse the candidate is; negative when it is better. Only for metrics that have a direction."""
        return production - candidate if self.direction == "higher" else candidate - production


_TABLE: tuple[tuple[str, Direction, Task | None], ...] = (
    ("accuracy", "higher", "classification"),  # share of the rows that are answered rightly
    ("balanced_accuracy", "higher", "classification"),  # mean recall of the classes that occur
    ("recall", "higher", "classification"),  # recall of the second of two classes; of more classes their mean
    ("precision", "higher", "classification"),  # precision of the second of two classes; of more classes their mean
    ("macro_recall", "higher", "classification"),  # mean over all classes of the share of their rows that is found
    ("macro_precision", "higher", "classification"),  # mean over all classes of the right share of the answers
    ("macro_f1", "higher", "classification"),  # mean over all classes of the harmonic mean of precision and recall
    ("selection_rate", "neither", "classification"),  # share of the rows that get the second of two classes
    ("log_loss", "lower", "classification"),  # mean of −ln of the score that the true class got
    ("auc", "higher", "classification"),  # chance that a row of the second of two classes scores above one of the first
    ("mae", "lower", "regression"),  # mean distance between prediction and truth
    ("rmse", "lower", "regression"),  # root of the mean squared distance between prediction and truth
    ("r2", "higher", "regression"),  # share of the truth's variance that is explained
    ("mean_error", "neither", "regression"),  # mean of prediction minus truth
    ("changed_predictions", "lower", None),  # share of common rows that are answered otherwise than in production
    ("latency_p95_ms", "lower", None),  # 95 % of the requests are answered within this, in milliseconds
    ("peak_memory_mb", "lower", None),  # largest memory of the server while it is profiled, in megabytes
    ("proxy_auc", "lower", None),  # how well the features tell a group from all others, cross-validated; 0.5 is chance
    ("split_rows", "higher", None),  # rows of a group in the split that has the fewest of them
)

METRICS: Mapping[str, Metric] = {row[0]: Metric(*row) for row in _TABLE}

_PER_CLASS = ("recall", "precision", "selection_rate")


def find_metric(name: str) -> Metric | None:
    """`recall`, or of one class `recall:taco`; None for a name that means nothing."""
    kind, colon, label = name.partition(":")
    if not colon:
        return METRICS.get(name)
    if kind not in _PER_CLASS or not label:
        return None
    return Metric(name, METRICS[kind].direction, "classification")
