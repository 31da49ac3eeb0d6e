"""Breakdowns: a metric of each group of a sensitive attribute against its reference, and what that difference means.

Rows without a value of the attribute are in no group and among no others. The intervals that verdicts rest on hold for
all groups of one attribute and metric together (Bonferroni), so that equal groups are called outside in at most 5 % of
the breakdowns, however many groups there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.errors_by_group import Pair
from mltui.analysis.grouping import Grouping, cross
from mltui.analysis.intervals import Array, Z, difference_bounds
from mltui.analysis.measuring import Measurement, metrics_of
from mltui.analysis.ratios import ratios_of
from mltui.analysis.sides import ShareSides, Sides
from mltui.analysis.table import EvaluationTable
from mltui.analysis.verdicts import TOO_FEW, UNDECIDED, WITHIN, WORDS, Judge, Words
from mltui.bands import is_measured
from mltui.domain.bias_limits import USUAL_LIMITS, BiasLimits
from mltui.domain.groups import attributes_in, crossed
from mltui.domain.metrics import Metric, find_metric
from mltui.domain.version import REST, GroupFigure
from mltui.errors import UsageError

MOST_CROSSED = 100
"""Groups that an intersection of two attributes may have to be broken down unasked."""


REFERENCE_RULES = ("others", "largest", "best")
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Reference:
    """What each group is held against: all rows of other groups, or one group."""

    rule: str = "others"
    """others, largest, or best: of the groups with rows enough; where neither way is better, the highest."""
    named: dict[str, str] = field(default_factory=dict)
    """Attribute → group, which goes before the rule."""

    def of(self, attribute: str) -> tuple[str, str | None]:
        """The rule, and the group's name where one is named."""
        return self.rule, self.named.get(attribute)


ALL_OTHERS = Reference()


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """One metric of one grouping with its references, all [G]."""

    own: Sides
    sides: Sides
    """The same, of a mean over classes those alone that the reference has too."""
    others: Sides
    names: list[str]
    comparisons: int
    is_itself: NDArray[np.bool_]
    """The group is its own reference."""
    pooled: NDArray[np.intp]
    """How many groups it is made of; 0: it is one."""


def breakdown(
    table: EvaluationTable,
    *,
    attributes: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    limits: BiasLimits = USUAL_LIMITS,
    reference: Reference = ALL_OTHERS,
) -> tuple[GroupFigure, ...]:
    """Figures by attribute, metric and group, the groups in alphabetical order, bands by their size.

    `attributes` may name intersections (`lighting × camera`) too; None takes each attribute, and each pair of them that
    has at most `MOST_CROSSED` groups, but no two that were measured. `metrics`: None takes all that the table has,
    without those of single classes but the recalls of two; those that it does not have are passed over. Raises
    `UsageError` for an attribute or a reference that is not there. Of an attribute with very many groups those with
    fewer rows than `limits` ask for are one figure, *too few*.
    """
    wanted = usual_metrics(table) if metrics is None else tuple(dict.fromkeys(metrics))
    _check(reference, table, least_rows=limits.least_rows)
    measurement = Measurement(table)
    groupings = usual_groupings(table) if attributes is None else _named_groupings(table, attributes)
    return tuple(
        figure
        for name, found in groupings
        for grouping in [found.pool(limits.least_rows)]
        for slices in [_slices(name, grouping)]
        for metric in wanted
        for figure in _figures(measurement, (name, grouping, slices), metric, limits=limits, reference=reference)
    )


def usual_metrics(table: EvaluationTable) -> tuple[str, ...]:
    """With the recall of both of two classes: what the first loses is no metric of the second."""
    recalls = [f"recall:{label}" for label in table.classes] if len(table.classes) == 2 else []
    return (*metrics_of(table, per_class=False), *recalls)


def usual_groupings(table: EvaluationTable) -> Iterator[tuple[str, Grouping]]:
    """Of each attribute, and then of each two that have few groups together; but of no two that were measured."""
    there = table.attributes or {}
    names = list(there)
    yield from ((crossed([name]), there[name]) for name in names)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            if is_measured(first) and is_measured(second):
                continue
            together = cross([there[first], there[second]])
            if 0 < len(together.groups) <= MOST_CROSSED:
                yield crossed((first, second)), together


def _named_groupings(table: EvaluationTable, attributes: Iterable[str]) -> Iterator[tuple[str, Grouping]]:
    there = table.attributes or {}
    for name in dict.fromkeys(attributes):
        grouping = table.grouping(name)
        if grouping is None:
            raise UsageError(
                f"the evaluation has no attribute “{name}”",
                hint=f"there are: {', '.join(there)}" if there else "it has no attributes at all",
            )
        yield name, grouping


def _slices(name: str, grouping: Grouping) -> list[Mapping[str, str]]:
    names = attributes_in(name)
    return [dict(zip(names, values, strict=True)) for values in grouping.values]


def _check(reference: Reference, table: EvaluationTable, *, least_rows: int) -> None:
    if reference.rule not in REFERENCE_RULES:
        raise UsageError(f"“{reference.rule}” is no reference", hint="others, largest, best, or ATTRIBUTE=GROUP")
    for attribute, group in reference.named.items():
        ((_, found),) = _named_groupings(table, [attribute])
        groups = found.pool(least_rows).groups
        if group not in groups:
            hint = f"there are: {', '.join(groups[:_MOST_NAMED])}{', …' if len(groups) > _MOST_NAMED else ''}"
            raise UsageError(f"{attribute} has no group “{group}” with rows enough", hint=hint)


def _figures(
    measurement: Measurement,
    by: tuple[str, Grouping, Sequence[Mapping[str, str]]],
    metric: str,
    *,
    limits: BiasLimits,
    reference: Reference,
) -> Iterator[GroupFigure]:
    (name, grouping, slices), known = by, find_metric(metric)
    pair = measurement.pair(metric, grouping) if grouping.groups else None
    if pair is None or known is None:
        return
    held = _held(known, pair, grouping, limits=limits, reference=reference.of(name))
    judge = Judge(held.comparisons, _unit(measurement.table, metric), known.is_signed, limits)
    yield from _told(metric, slices, held, judge)


def _are_single(grouping: Grouping) -> NDArray[np.bool_]:
    """[G]"""
    return np.arange(len(grouping.groups)) < len(grouping.groups) - bool(grouping.pooled)


def verdicts_of(metric: str, pair: Pair, grouping: Grouping, *, limits: BiasLimits = USUAL_LIMITS) -> list[str]:
    """Of each group against all others, in a metric that is a share, for sides that were counted elsewhere."""
    known = find_metric(metric)
    assert known is not None
    held = _held(known, pair, grouping, limits=limits, reference=ALL_OTHERS.of(""))
    found = Judge(held.comparisons, limits=limits).verdicts(held.sides, held.others)
    return [str(WORDS[word]) for word in np.where(held.pooled > 0, TOO_FEW, found)]


def _unit(table: EvaluationTable, metric: str) -> float:
    if table.task != "regression" or metric == "r2":
        return 1.0
    return float(table.truth.std()) or 1.0


def _held(
    metric: Metric,
    pair: tuple[Sides, Sides],
    grouping: Grouping,
    *,
    limits: BiasLimits,
    reference: tuple[str, str | None],
) -> _Held:
    own, others = pair
    groups = len(grouping.groups)
    is_judged = (own.n >= limits.least_rows) & np.isfinite(own.value) & _are_single(grouping)
    judged = int(is_judged.sum())
    pooled = np.where(_are_single(grouping), 0, grouping.pooled)
    rule, named = reference
    if named is None and rule == "others":
        comparisons = 1 if groups == 2 else max(1, judged)
        nowhere = np.zeros(groups, dtype=bool)
        return _Held(own, *_common(own, others), [REST] * groups, comparisons, nowhere, pooled)
    if named is not None:
        place, comparisons = grouping.groups.index(named), judged - 1
    elif rule == "largest":
        place, comparisons = int(np.argmax(grouping.rows * _are_single(grouping))), judged - 1
    else:
        place, comparisons = _best(metric, own, is_judged), judged * (judged - 1) // 2
    places = np.full(groups, place, dtype=np.intp)
    sides = _common(own, own.take(places))
    is_itself = np.arange(groups) == place
    return _Held(own, *sides, [grouping.groups[place]] * groups, max(1, comparisons), is_itself, pooled)


def _best(metric: Metric, own: Sides, is_judged: NDArray[np.bool_]) -> int:
    value = -own.value if metric.direction == "lower" else own.value
    return int(np.argmax(np.where(is_judged, value, -np.inf)))


def _common(own: Sides, others: Sides) -> tuple[Sides, Sides]:
    """A mean of shares is held against another over the classes that both have."""
    if not isinstance(own, ShareSides) or not isinstance(others, ShareSides) or own.tops.shape[1] == 1:
        return own, others
    is_common = (own.bottoms > 0) & (others.bottoms > 0)
    is_common |= ~is_common.any(axis=1, keepdims=True)
    return tuple(ShareSides(side.tops * is_common, side.bottoms * is_common) for side in (own, others))  # type: ignore[return-value]


def _told(metric: str, slices: Sequence[Mapping[str, str]], held: _Held, judge: Judge) -> Iterator[GroupFigure]:
    sides, others = held.sides, held.others
    found = judge.verdicts(sides, others)
    found = np.where(held.is_itself & (found != TOO_FEW), WITHIN, found)
    found = np.where(held.pooled > 0, TOO_FEW, found)
    bounds, n = held.own.bounds(Z), held.own.n
    spans = difference_bounds(sides.value, sides.bounds(judge.z), others.value, others.bounds(judge.z))
    told = [held.own.value, *bounds, *_ratios(held, judge), _needed(held, judge, found)]
    columns = [*told, sides.value - others.value, *spans]
    rows = zip(*([_plain(each) for each in column] for column in columns), strict=True)
    for place, (figure, low, high, ratio, ratio_low, ratio_high, needed, *difference) in enumerate(rows):
        gaps = [None] * 3 if held.is_itself[place] else difference
        yield GroupFigure(
            slices[place],
            metric,
            int(n[place]),
            figure,
            low,
            high,
            ratio,
            ratio_low,
            ratio_high,
            str(WORDS[found[place]]),
            None if needed is None else int(needed),
            held.names[place],
            gaps[0],
            gaps[1],
            gaps[2],
            int(held.pooled[place]),
        )


def _ratios(held: _Held, judge: Judge) -> list[Array]:
    if judge.is_signed:
        return [np.full(len(held.names), np.nan)] * 3
    ratios = ratios_of(held.sides, held.others, z=judge.z)
    return [np.where(held.is_itself, np.nan, each) for each in (ratios.value, ratios.low, ratios.high)]


def _needed(held: _Held, judge: Judge, found: Words) -> Array:
    needed = np.full(len(found), np.nan)
    places = np.flatnonzero((found == UNDECIDED) & np.isfinite(held.others.value))
    if len(places):
        needed[places] = judge.needed(held.sides.take(places), held.others.take(places))
    return needed


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
