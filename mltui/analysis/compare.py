"""A candidate and production on the same rows: the difference, its interval, and the rows that changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.estimates import Estimate, estimate, of_share, spread
from mltui.analysis.intervals import Z, difference_bounds, interval_of_mean, mcnemar_p, paired_shares, unseen
from mltui.analysis.measuring import Measurement
from mltui.analysis.shares import Share, find_share
from mltui.analysis.table import EvaluationTable
from mltui.domain.comparison import PairedComparison
from mltui.domain.metrics import find_metric
from mltui.errors import UsageError, WorkFailed

Pair = tuple[EvaluationTable, EvaluationTable]


def compare(
    candidate: EvaluationTable,
    production: EvaluationTable,
    *,
    metric: str,
    excluded_rows: frozenset[str] = frozenset(),
) -> PairedComparison:
    """Over the rows that both tables have, without the excluded ones (those that production was trained on).

    Classes are matched by name; those of the candidate count. What the rows do not define is None, and so is
    everything between tables of different tasks. Raises `UsageError` for a metric that no evaluation has, `WorkFailed`
    when the two do not agree on the truth of a row.
    """
    known = find_metric(metric)
    if known is None or known.is_from_profile:
        raise UsageError(f"“{metric}” is no metric of an evaluation", hint="mltui version show lists what there is")
    if not candidate.task == production.task == known.task:
        return PairedComparison(metric, 0)
    pair = common_rows(candidate, production, excluded_rows)
    if len(pair[0]) == 0:
        return PairedComparison(metric, 0)
    share = find_share(metric, candidate.classes) if known.task == "classification" else None
    if share is not None and share.kind in ("accuracy", "recall"):
        return _compare_shares(metric, share, pair)
    return _compare_estimates(metric, pair, classes=candidate.classes)


def common_rows(candidate: EvaluationTable, production: EvaluationTable, excluded: frozenset[str]) -> Pair:
    """Common rows in the candidate's order, with one numbering of classes: the candidate's, then production's own.

    Raises `WorkFailed` when the two do not agree on the truth of a row.
    """
    places = {row_id: place for place, row_id in enumerate(production.row_ids.tolist()) if row_id not in excluded}
    found = np.array([places.get(row_id, -1) for row_id in candidate.row_ids.tolist()], dtype=np.intp)
    rows = np.flatnonzero(found >= 0)
    pair = _renumbered(candidate.take(rows), production.take(found[rows]))
    differ = np.flatnonzero(pair[0].truth != pair[1].truth)
    if len(differ):
        first = pair[0].row_ids[differ[0]]
        raise WorkFailed(
            f"row {first} has another truth in production's evaluation, and so have {len(differ)} rows in all",
            hint="evaluate production again on the candidate's held-out rows",
            code="truth_differs",
        )
    return pair


def _renumbered(candidate: EvaluationTable, production: EvaluationTable) -> Pair:
    if candidate.classes == production.classes:
        return candidate, production
    only_there = tuple(label for label in production.classes if label not in candidate.classes)
    labels = candidate.classes + only_there
    codes = np.array([labels.index(label) for label in production.classes], dtype=np.intp)
    wide = replace(
        candidate, classes=labels, scores=_widened(candidate.scores, np.arange(len(candidate.classes)), labels)
    )
    moved = replace(
        production,
        classes=labels,
        truth=codes[production.truth],
        prediction=codes[production.prediction],
        scores=_widened(production.scores, codes, labels),
    )
    return wide, moved


def _widened(
    scores: NDArray[np.float64] | None, codes: NDArray[np.intp], labels: tuple[str, ...]
) -> NDArray[np.float64] | None:
    """A class that a model does not know gets the score 0 from it."""
    if scores is None:
        return None
    wide = np.zeros((len(scores), len(labels)))
    wide[:, codes] = scores
    return wide


def _compare_shares(metric: str, share: Share, pair: Pair) -> PairedComparison:
    """Accuracy, recall of a class, and means of recalls: both models have the same denominators."""
    candidate, production = (table.truth == table.prediction for table in pair)
    masks = (np.ones_like(candidate), candidate, candidate & ~production, production & ~candidate)
    rows, right, gained, lost = (_tally(share, pair[0], mask) for mask in masks)
    changes = {"fixed": int(gained.sum()), "broken": int(lost.sum())}
    if share.is_over_occurring:
        rows, right, gained, lost = (part[rows > 0] for part in (rows, right, gained, lost))
    if len(rows) == 0 or (rows == 0).any():
        return PairedComparison(metric, int(rows.sum()), **changes)
    differences = (gained - lost) / rows
    low, high = interval_of_mean(differences, *paired_shares(gained, lost, rows))
    value, difference = float((right / rows).mean()), float(differences.mean())
    p_value = mcnemar_p(**changes) if len(rows) == 1 else None
    return PairedComparison(
        metric, int(rows.sum()), value, value - difference, difference, float(low), float(high), p_value, **changes
    )


def _tally(share: Share, table: EvaluationTable, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Marked rows of each term of the share."""
    if share.kind == "accuracy":
        return np.array([mask.sum()])
    return np.bincount(table.truth[mask], minlength=len(table.classes))[list(share.classes)]


def _compare_estimates(metric: str, pair: Pair, *, classes: tuple[str, ...]) -> PairedComparison:
    """By the influence that each row has on the difference.

    Models that answer alike are no surer to be alike than the rows that can be `unseen` let them, which may move the
    difference as much as those that are there move either figure.
    """
    n = len(pair[0])
    candidate, production = (_estimate(table, metric, classes=classes) for table in pair)
    changes = _changes(pair) if pair[0].task == "classification" else {}
    if candidate is None or production is None:
        values = [None if one is None else one.value for one in (candidate, production)]
        return PairedComparison(metric, n, values[0], values[1], **changes)
    difference = candidate.value - production.value
    whole = PairedComparison(metric, n, candidate.value, production.value, difference, **changes)
    if candidate.influence is None or production.influence is None:
        return whole
    unlike = max(float(np.sqrt((each**2).mean())) for each in (candidate.influence, production.influence))
    half = max(Z * spread(candidate.influence - production.influence), float(unseen(n)) * unlike)
    return _beside(whole, pair) if half == 0 else replace(whole, low=difference - half, high=difference + half)


def _beside(whole: PairedComparison, pair: Pair) -> PairedComparison:
    """With the interval as if each had answered rows of its own, where no row moves either figure; it may have none."""
    sides = [Measurement(table).whole(whole.metric) for table in pair]
    (value, bounds), (other, other_bounds) = ((side.value, side.bounds(Z)) for side in sides if side is not None)
    low, high = (float(bound[0]) for bound in difference_bounds(value, bounds, other, other_bounds))
    return replace(whole, low=low, high=high) if low < high else whole


def _estimate(table: EvaluationTable, metric: str, *, classes: tuple[str, ...]) -> Estimate | None:
    """`classes`: the candidate's, over which means are taken."""
    share = find_share(metric, classes) if table.task == "classification" else None
    if share is not None:
        return of_share(table, share)
    return estimate(table, metric)


def _changes(pair: Pair) -> dict[str, int]:
    candidate, production = (table.truth == table.prediction for table in pair)
    return {"fixed": int((candidate & ~production).sum()), "broken": int((production & ~candidate).sum())}
