"""Any metric of any grouping of one table; what several of them need is counted once."""

from __future__ import annotations

import numpy as np

from mltui.analysis.calibration_sides import CalibrationSides
from mltui.analysis.errors_by_group import Pair, means
from mltui.analysis.grouping import Grouping
from mltui.analysis.intervals import Array
from mltui.analysis.scores import Ranking, aucs, calibrations
from mltui.analysis.shares import Counts, Share, count, find_share, fractions
from mltui.analysis.sides import ChanceSides, F1Sides, ShareSides, Sides
from mltui.analysis.table import EvaluationTable
from mltui.domain.metrics import METRICS, PER_CLASS, WITHOUT_MEAN, find_metric

_SAID_TWICE = ("balanced_accuracy", "macro_recall", "macro_precision", "macro_f1")
"""Means that `recall`, `precision` and `f1` of more than two classes are."""
_OF_SCORES = ("auc", "calibration_error", "log_loss")


class Measurement:
    """Of one table; figures by group are asked for one grouping after another."""

    def __init__(self, table: EvaluationTable) -> None:
        self.table = table
        self._rankings: dict[int, Ranking] = {}
        self._counted: tuple[Grouping, Counts] | None = None

    def pair(self, metric: str, grouping: Grouping) -> Pair | None:
        """Each group's side and that of all rows of other groups; None for a metric that the table does not have."""
        known = find_metric(metric)
        if known is None or known.task != self.table.task:
            return None
        if known.task == "regression":
            return means(self.table, metric, grouping)
        if metric.partition(":")[0] in _OF_SCORES:
            return self._of_scores(metric, grouping)
        share = find_share(metric, self.table.classes)
        return None if share is None else pair_of_shares(share, self._counts(grouping))

    def whole(self, metric: str) -> Sides | None:
        """The metric of all rows, as the only group."""
        found = self.pair(metric, Grouping.of_all(len(self.table)))
        return None if found is None else found[0]

    def _counts(self, grouping: Grouping) -> Counts:
        if self._counted is None or self._counted[0] is not grouping:
            self._counted = (grouping, count(self.table, grouping))
        return self._counted[1]

    def _of_scores(self, metric: str, grouping: Grouping) -> Pair | None:
        if self.table.scores is None:
            return None
        name, _, label = metric.partition(":")
        if name == "log_loss":
            return means(self.table, metric, grouping)
        if name == "calibration_error":
            own = calibrations(self.table, grouping)
            return own, CalibrationSides(*(part.sum(axis=0) - part for part in (own.rows, own.gaps, own.squares)))
        classes = self.table.classes
        if label:
            codes = [classes.index(label)] if label in classes else []
        else:
            codes = [1] if len(classes) == 2 else list(range(len(classes)))
        return aucs([self._ranking(code) for code in codes], grouping) if codes else None

    def _ranking(self, code: int) -> Ranking:
        if code not in self._rankings:
            self._rankings[code] = Ranking.of(self.table, code)
        return self._rankings[code]


def metrics_of(table: EvaluationTable, *, per_class: bool) -> tuple[str, ...]:
    """All that can be taken by group: of two classes those of the second, of more their means; `per_class`: each
    class's too."""
    names = [name for name, metric in METRICS.items() if metric.task == table.task and name not in _SAID_TWICE]
    if len(table.classes) != 2:
        names = [name for name in names if name not in WITHOUT_MEAN]
    if per_class:
        names += [f"{name}:{label}" for name in PER_CLASS for label in table.classes]
    has_scores = table.scores is not None
    return tuple(name for name in names if has_scores or name.partition(":")[0] not in _OF_SCORES)


def pair_of_shares(share: Share, counts: Counts) -> Pair:
    """Each group's side and that of all rows of other groups."""
    own, others = (_side_of_shares(share, each) for each in (counts, counts.others()))
    return own, others


def _side_of_shares(share: Share, counts: Counts) -> Sides:
    tops, bottoms = fractions(share, counts)
    if share.kind != "f1":
        return ShareSides(tops, bottoms)
    overlap = ShareSides(tops / 2, bottoms - tops / 2)
    return F1Sides(overlap) if len(share.classes) == 1 else _mean_f1(overlap, tops, bottoms)


def _mean_f1(overlap: ShareSides, tops: Array, bottoms: Array) -> ChanceSides:
    """Variance by the delta method (Takahashi et al. 2022).

    A wrong answer lowers the f1 of two classes; that it lowers both alike is assumed, which is never too little.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = tops / bottoms
        terms = np.isfinite(f1).sum(axis=1)
        right = tops / 2 * ((2 - 2 * f1) / bottoms) ** 2
        wrong = 2 * (bottoms - tops) * (f1 / bottoms) ** 2
        variance = np.nansum(right + wrong, axis=1) / terms**2
        value = np.nansum(f1, axis=1) / terms
    return ChanceSides.of(overlap.n, value, variance)
