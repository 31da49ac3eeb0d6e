"""Metrics of scores by group: the area under the ROC curve with DeLong's variance, and the calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.calibration_sides import CalibrationSides
from mltui.analysis.grouping import Grouping
from mltui.analysis.intervals import Array
from mltui.analysis.sides import ChanceSides
from mltui.analysis.table import EvaluationTable

BINS = 10
"""Of the score, equally wide."""

Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Rows that have a score for one class, from the lowest score to the highest."""

    places: Codes
    """[R], rows of the table."""
    level: Codes
    """[R], counts up where the score does."""
    is_positive: NDArray[np.bool_]
    """[R], the truth is the class."""

    @classmethod
    def of(cls, table: EvaluationTable, code: int) -> Ranking:
        assert table.scores is not None
        score = table.scores[:, code]
        places = np.argsort(score)
        places = places[: int(np.isfinite(score).sum())]  # NaN sorts last
        ranked = score[places]
        level = np.zeros(len(places), dtype=np.intp)
        np.cumsum(ranked[1:] != ranked[:-1], out=level[1:])
        return cls(places, level, table.truth[places] == code)


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Rows of one group with the same score, [K], by group and then by score."""

    group: Codes
    level: Codes
    positives: Array
    negatives: Array

    @classmethod
    def of(cls, ranking: Ranking, grouping: Grouping) -> _Runs:
        codes = grouping.codes[ranking.places]
        kept = np.argsort(codes.astype(np.int16 if len(grouping.groups) < 2**15 else np.intp), kind="stable")
        kept = kept[int((codes < 0).sum()) :]
        group, level = codes[kept], ranking.level[kept]
        if len(kept) == 0:
            return cls(group, level, np.zeros(0), np.zeros(0))
        is_first = np.ones(len(kept), dtype=bool)
        is_first[1:] = (group[1:] != group[:-1]) | (level[1:] != level[:-1])
        first = np.flatnonzero(is_first)
        positives = np.add.reduceat(ranking.is_positive[kept].astype(float), first)
        rows = np.diff(first, append=len(kept))
        return cls(group[first], level[first], positives, (rows - positives).astype(float))


@dataclass(frozen=True, slots=True, eq=False)
class _Area:
    """Of each group, [G]; NaN where a group lacks one of the two kinds of rows."""

    value: Array
    variance: Array
    n: Array
    """Rows of the rarer kind."""

    def sides(self) -> ChanceSides:
        """The variance of an area is at most that of a share of so many rows (Birnbaum and Klose 1957)."""
        most = self.value * (1 - self.value) / np.maximum(1, self.n)
        return ChanceSides.of(self.n, self.value, np.minimum(self.variance, most))


def aucs(rankings: Sequence[Ranking], grouping: Grouping) -> tuple[ChanceSides, ChanceSides]:
    """Of each group and of all others: the class's, or the mean over the classes.

    DeLong's variance from ranks (Sun and Xu 2014). That of all others takes their rows' places among all rows, which
    is the same wherever groups are equal, and exact where there are two of them. A mean of areas is given the mean of
    their standard errors, which is never too small.
    """
    found = [_areas(ranking, grouping) for ranking in rankings]
    own, others = (_mean([pair[place] for pair in found]) for place in (0, 1))
    return own, others


def calibrations(table: EvaluationTable, grouping: Grouping) -> CalibrationSides:
    """Of the second of two classes; of more classes, of the answer that was given."""
    assert table.scores is not None
    if len(table.classes) == 2:
        score, outcome = table.scores[:, 1], table.truth == 1
    else:
        score, outcome = table.scores[np.arange(len(table)), table.prediction], table.truth == table.prediction
    is_there = np.isfinite(score)
    if not is_there.all():
        grouping, score, outcome = grouping.take(np.flatnonzero(is_there)), score[is_there], outcome[is_there]
    bins = np.clip(score * BINS, 0, BINS - 1).astype(np.intp)
    gap = outcome - score
    return CalibrationSides(*(grouping.tally(bins, of=BINS, weights=each) for each in (None, gap, gap**2)))


def _areas(ranking: Ranking, grouping: Grouping) -> tuple[_Area, _Area]:
    runs, groups = _Runs.of(ranking, grouping), len(grouping.groups)
    positives, negatives = (_by_group(runs, part, groups) for part in (runs.positives, runs.negatives))
    below = _running(runs.negatives) - (np.cumsum(negatives) - negatives)[runs.group]
    above = positives[runs.group] - _running(runs.positives) + (np.cumsum(positives) - positives)[runs.group]
    own = _area(runs, groups, below, above, positives=positives, negatives=negatives)
    if groups == 2:
        return own, _Area(own.value[::-1], own.variance[::-1], own.n[::-1])
    return own, _others(runs, groups, own, positives=positives, negatives=negatives)


def _area(runs: _Runs, groups: int, below: Array, above: Array, *, positives: Array, negatives: Array) -> _Area:
    """`below`: negatives of the same group below a run's score, ties half; `above`: positives above it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        won = below / negatives[runs.group]
        lost = above / positives[runs.group]
        value = _by_group(runs, runs.positives * won, groups) / positives
        variance = _variance(runs, runs.positives, won, value, positives) + _variance(
            runs, runs.negatives, lost, value, negatives
        )
    return _Area(np.where(negatives > 0, value, np.nan), variance, np.minimum(positives, negatives))


def _variance(runs: _Runs, weight: Array, placement: Array, mean: Array, rows: Array) -> Array:
    squares = _by_group(runs, weight * (placement - mean[runs.group]) ** 2, len(rows))
    return np.asarray(squares / (rows - 1) / rows)


def _others(runs: _Runs, groups: int, own: _Area, *, positives: Array, negatives: Array) -> _Area:
    levels = int(runs.level.max(initial=-1)) + 1
    here = [
        np.bincount(runs.level, weights=part, minlength=levels).astype(np.float64)
        for part in (runs.positives, runs.negatives)
    ]
    below, above = _running(here[1])[runs.level], (here[0].sum() - _running(here[0]))[runs.level]
    wins, losses = runs.positives * below, runs.negatives * above
    with np.errstate(divide="ignore", invalid="ignore"):
        within = np.nan_to_num(own.value) * positives * negatives
        rest_up, rest_down = positives.sum() - positives, negatives.sum() - negatives
        won = wins.sum() - _by_group(runs, wins, groups) - _by_group(runs, losses, groups) + within
        variance = _rest_variance(runs, runs.positives, below / here[1].sum(), rest_up) + _rest_variance(
            runs, runs.negatives, above / here[0].sum(), rest_down
        )
        value = np.where(rest_up * rest_down > 0, won / (rest_up * rest_down), np.nan)
    return _Area(np.clip(value, 0, 1), np.maximum(0, variance), np.minimum(rest_up, rest_down))


def _rest_variance(runs: _Runs, weight: Array, placement: Array, rows: Array) -> Array:
    """Of the mean placement of all rows that are in other groups."""
    sums, squares = (weight * placement, weight * placement**2)
    total, total_squares = (part.sum() - _by_group(runs, part, len(rows)) for part in (sums, squares))
    return np.asarray((total_squares - total**2 / rows) / (rows - 1) / rows)


def _mean(areas: Sequence[_Area]) -> ChanceSides:
    if len(areas) == 1:
        return areas[0].sides()
    sides = [area.sides() for area in areas]
    value = np.stack([side.value for side in sides])
    is_there = np.isfinite(value)
    terms = is_there.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(value * (1 - value) / np.stack([side.weight for side in sides]))
        rows = terms**2 / np.where(is_there, 1 / np.stack([side.n for side in sides]), 0).sum(axis=0)
        mean = np.nansum(value, axis=0) / terms
        variance = (np.nansum(error, axis=0) / terms) ** 2
    return ChanceSides.of(np.where(terms > 0, rows, 0), mean, variance)


def _by_group(runs: _Runs, part: Array, groups: int) -> Array:
    return np.bincount(runs.group, weights=part, minlength=groups).astype(np.float64)


def _running(part: Array) -> Array:
    """What stands before each place, and half of what stands at it."""
    return np.cumsum(part) - part / 2
