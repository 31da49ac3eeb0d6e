"""What a decision threshold does to the rates of every group: counted once from sorted scores, read at any threshold.

A row is answered with the second of two classes where its score for it is at least the threshold, as a server does.
Rows without a score take no part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.grouping import Grouping
from mltui.analysis.groups import verdicts_of
from mltui.analysis.intervals import Array
from mltui.analysis.measuring import pair_of_shares
from mltui.analysis.shares import Counts, Share, find_share, fractions
from mltui.analysis.table import EvaluationTable
from mltui.domain.groups import crossed
from mltui.errors import UsageError
from mltui.pooling import LEAST_ROWS

RATES = ("selection_rate", "recall", "false_positive_rate", "false_negative_rate", "precision", "accuracy")
_POINTS = 101
"""Of a curve: so many even steps of the score, and so many of the rows."""


@dataclass(frozen=True, slots=True)
class GroupRates:
    """One group at its threshold; `group` is empty for all rows together."""

    group: str
    threshold: float | None
    """None for all rows where groups have thresholds of their own."""
    n: int
    rates: Mapping[str, float | None]
    """By the names of `RATES`; None where the rows define nothing."""
    verdict: str = ""
    """Of the chosen metric against all other groups, as in a breakdown."""


@dataclass(frozen=True, slots=True)
class Moment:
    """All rates at one threshold."""

    metric: str
    overall: GroupRates
    groups: tuple[GroupRates, ...]

    @property
    def is_what_if(self) -> bool:
        """Groups have thresholds of their own, which no version can have."""
        return self.overall.threshold is None


@dataclass(frozen=True, slots=True)
class Curve:
    """One rate over the thresholds; `group` is empty for all rows together."""

    group: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """Scores of one table in order, by group. Places count 0 for rows without a group, then the groups: [1 + G]."""

    classes: tuple[str, str]
    """The second is the answer from the threshold on."""
    counted: int
    """Place of the class that the rates are of."""
    attribute: str
    """Empty where rows are not told apart."""
    grouping: Grouping
    scores: NDArray[np.float64]
    """[R], by place and then from the lowest."""
    starts: NDArray[np.intp]
    """[2 + G], where each place begins and the last ends."""
    positives: NDArray[np.int64]
    """[R + 1], rows before each that are of the positive class."""

    @classmethod
    def of(cls, table: EvaluationTable, attribute: str | None = None, *, label: str | None = None) -> Thresholds:
        """By an attribute, an intersection, or the first that there is. `label`: whose rates; None: the second class's.

        Raises `UsageError`.
        """
        if len(table.classes) != 2 or table.scores is None:
            raise UsageError("only two classes with scores have a threshold", hint="mltui version show lists metrics")
        if label is not None and label not in table.classes:
            raise UsageError(f"there is no class “{label}”", hint=f"there are: {', '.join(table.classes)}")
        name = crossed(table.attribute_names[:1]) if attribute is None else attribute
        grouping = table.grouping(name) if name else Grouping((), np.full(len(table), -1, dtype=np.intp))
        if grouping is None:
            there = ", ".join(table.attribute_names)
            raise UsageError(f"the evaluation has no attribute “{name}”", hint=f"there are: {there or 'none'}")
        grouping = grouping.pool(LEAST_ROWS)
        score = table.scores[:, 1]
        order = np.argsort(score)[: int(np.isfinite(score).sum())]  # NaN sorts last
        codes = grouping.codes[order] + 1
        order = order[np.argsort(codes.astype(np.int16 if len(grouping.groups) < 2**15 else np.intp), kind="stable")]
        rows = np.bincount(codes, minlength=len(grouping.groups) + 1)
        return cls(
            (table.classes[0], table.classes[1]),
            1 if label is None else table.classes.index(label),
            name,
            grouping,
            score[order],
            np.concatenate([[0], np.cumsum(rows)]),
            np.concatenate([[0], np.cumsum(table.truth[order] == 1)]),
        )

    @property
    def positive(self) -> str:
        return self.classes[1]

    @property
    def label(self) -> str:
        """The class that the rates are of."""
        return self.classes[self.counted]

    def turned(self) -> Thresholds:
        """The same threshold, with the rates of the other class."""
        return replace(self, counted=1 - self.counted)

    def at(self, threshold: float, *, metric: str = "recall", apart: Mapping[str, float] | None = None) -> Moment:
        """`apart`: thresholds of single groups, to see what they would do. Raises `UsageError`."""
        if metric not in RATES:
            raise UsageError(f"“{metric}” is no rate of a threshold", hint=f"there are: {', '.join(RATES)}")
        own = self._thresholds(threshold, apart or {})
        counts = self._counts(own[:, None])
        everyone = Counts(*(part.sum(axis=0, keepdims=True) for part in (counts.right, counts.truth, counts.predicted)))
        known = Counts(*(part[1:] for part in (counts.right, counts.truth, counts.predicted)))
        verdicts = self._verdicts(metric, known) if self.grouping.groups else []
        told = [_rates(each, self.counted) for each in (everyone, known)]
        groups = tuple(
            GroupRates(name, float(own[place + 1]), *_of_place(told[1], known, place), verdicts[place])
            for place, name in enumerate(self.grouping.groups)
        )
        return Moment(metric, GroupRates("", None if apart else threshold, *_of_place(told[0], everyone, 0)), groups)

    def grid(self) -> Array:
        """Thresholds that a curve is drawn at: even steps, and more of them where rows are many."""
        steps = np.linspace(0, 1, _POINTS)
        rows = np.sort(self.scores)[:: max(1, len(self.scores) // _POINTS)]
        return np.unique(np.concatenate([steps, rows.clip(0, 1)]))

    def over(self, metric: str, thresholds: Array) -> tuple[Curve, ...]:
        """The rate at each of the thresholds: of all rows, then of each group."""
        counts = self._counts(np.broadcast_to(thresholds, (len(self.starts) - 1, len(thresholds))))
        shape = (len(self.starts) - 1, len(thresholds), 2)
        whole = Counts(
            *(
                np.concatenate([part.reshape(shape).sum(axis=0, keepdims=True), part.reshape(shape)[1:]]).reshape(-1, 2)
                for part in (counts.right, counts.truth, counts.predicted)
            )
        )
        values = _values(metric, whole, self.counted).reshape(-1, len(thresholds))
        return tuple(
            Curve(name, tuple(map(_plain, row)))
            for name, row in zip(("", *self.grouping.groups), values.tolist(), strict=True)
        )

    def _thresholds(self, threshold: float, apart: Mapping[str, float]) -> Array:
        for value in (threshold, *apart.values()):
            require_share(value)
        for group in apart:
            if group not in self.grouping.groups:
                there = ", ".join(self.grouping.groups)
                raise UsageError(
                    f"{self.attribute or 'the evaluation'} has no group “{group}”", hint=f"there are: {there}"
                )
        return np.array([threshold, *(apart.get(group, threshold) for group in self.grouping.groups)])

    def _counts(self, thresholds: Array) -> Counts:
        """Of [1 + G, T] thresholds, as so many groups one after the other."""
        below = np.stack(
            [
                np.searchsorted(self.scores[start:end], row, side="left")
                for start, end, row in zip(self.starts[:-1], self.starts[1:], thresholds, strict=True)
            ]
        )
        start, end = self.starts[:-1, None], self.starts[1:, None]
        positive = self.positives[end] - self.positives[start]
        missed = self.positives[start + below] - self.positives[start]
        rows = end - start
        answers = (
            (below - missed, positive - missed),
            (np.broadcast_to(rows - positive, below.shape), np.broadcast_to(positive, below.shape)),
            (below, rows - below),
        )
        return Counts(*(np.stack(pair, axis=-1).reshape(-1, 2).astype(np.float64) for pair in answers))

    def _verdicts(self, metric: str, counts: Counts) -> list[str]:
        share = _share(metric, self.counted)
        return verdicts_of(metric, pair_of_shares(share, counts), self.grouping)


def require_share(threshold: float) -> None:
    """Raises `UsageError` for what is no score."""
    if not 0 <= threshold <= 1:
        raise UsageError(f"{threshold:g} is no threshold", hint="a score from 0 to 1, for instance 0.62")


def _rates(counts: Counts, counted: int) -> Mapping[str, Sequence[float]]:
    return {name: _values(name, counts, counted).tolist() for name in RATES}


def _share(metric: str, counted: int) -> Share:
    found = find_share(metric if metric == "accuracy" else f"{metric}:{counted}", ("0", "1"))
    assert found is not None
    return found


def _values(metric: str, counts: Counts, counted: int) -> Array:
    tops, bottoms = fractions(_share(metric, counted), counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(tops[:, 0] / bottoms[:, 0])


def _of_place(rates: Mapping[str, Sequence[float]], counts: Counts, place: int) -> tuple[int, dict[str, float | None]]:
    return int(counts.truth[place].sum()), {name: _plain(values[place]) for name, values in rates.items()}


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None
