"""Breakdowns: a metric of each group of a sensitive attribute against all other rows, and what that difference means.

Rows without a value of the attribute are in no group and among no others. Ratio intervals hold at 95 % for all groups
of one attribute and metric together (Bonferroni; two groups are one comparison), so that equal groups are called
outside in at most 5 % of the breakdowns, however many groups there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.estimates import row_figures
from mltui.analysis.intervals import Array, Z, quantile
from mltui.analysis.ratios import MeanSide, ShareSide, Side, ratio_of
from mltui.analysis.shares import Counts, Share, count, find_share, fractions
from mltui.analysis.table import EvaluationTable
from mltui.domain.checks import defined
from mltui.domain.group_checks import LEAST_ROWS
from mltui.domain.version import GroupFigure

Pairs = list[tuple[Side | None, Side | None]]
"""For each group its own side and that of all others; None where no row defines the metric."""


@dataclass(frozen=True, slots=True, eq=False)
class _Attribute:
    name: str
    groups: list[str]
    codes: NDArray[np.intp]
    """[N], the number of each row's group."""
    table: EvaluationTable
    """The rows that have a value."""
    counts: Counts | None
    """None in a regression."""


@dataclass(frozen=True, slots=True)
class BiasLimits:
    """When a group counts as different from all others."""

    least_ratio: float = 0.8
    most_ratio: float = 1.25
    least_rows: int = LEAST_ROWS
    """In the metric's own denominator; with fewer nothing is said."""
    least_difference: float = 0.02
    """Smaller ones do not matter. Shares and log loss as they are, errors in standard deviations of the truth."""


def breakdown(
    table: EvaluationTable, *, metrics: Sequence[str] = (), limits: BiasLimits = BiasLimits()
) -> tuple[GroupFigure, ...]:
    """Figures for every attribute of the table, groups in alphabetical order.

    Of two classes: `accuracy`, `recall` and `selection_rate` of the second, `recall:<class>` of both. Of more classes:
    `accuracy`, and `recall` as the mean of the classes' recalls. Of a regression: `mae`. `metrics` names further ones,
    for instance `precision:taco`; those that cannot be taken by group are passed over.
    """
    wanted = dict.fromkeys((*_usual(table), *metrics))
    return tuple(
        figure
        for name in table.attribute_names
        for attribute in [_attribute(table, name)]
        for metric in wanted
        for figure in _figures(attribute, metric, limits)
    )


def verdict_of(side: Side | None, others: Side | None, *, z: float, unit: float, limits: BiasLimits) -> str:
    """within, outside, too few or undecided.

    `z` is the quantile of the ratio's interval, `unit` what the least difference is measured in.
    """
    if side is None or side.n < limits.least_rows:
        return "too few"
    if others is None:
        return "undecided"
    if abs(side.value - others.value) < limits.least_difference * unit:
        return "within"
    ratio = ratio_of(side, others, z=z)
    if not limits.least_ratio <= ratio.value <= limits.most_ratio:
        return "outside" if ratio.high < 1 or ratio.low > 1 else "undecided"
    return "within" if limits.least_ratio <= ratio.low and ratio.high <= limits.most_ratio else "undecided"


def rows_needed(side: Side, others: Side, *, z: float, unit: float, limits: BiasLimits) -> int | None:
    """Rows in the denominator that would decide it if all groups grew alike and the values stayed.

    None where a million times as many would not: the ratio lies on a limit.
    """

    def is_decided(rows: int) -> bool:
        factor = rows / side.n
        return verdict_of(side.scaled(factor), others.scaled(factor), z=z, unit=unit, limits=limits) != "undecided"

    low, high = side.n, 2 * side.n
    while not is_decided(high):
        low, high = high, 2 * high
        if high > side.n * 2**20:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_decided(middle) else (middle, high)
    return high


def _usual(table: EvaluationTable) -> tuple[str, ...]:
    if table.task == "regression":
        return ("mae",)
    if len(table.classes) != 2:
        return ("accuracy", "recall")
    return ("accuracy", "recall", *(f"recall:{label}" for label in table.classes), "selection_rate")


def _figures(attribute: _Attribute, metric: str, limits: BiasLimits) -> Iterator[GroupFigure]:
    pairs, groups = _pairs(attribute, metric), attribute.groups
    if not pairs:
        return
    judged = sum(side is not None and side.n >= limits.least_rows for side, _ in pairs)
    z = quantile(comparisons=1 if len(groups) == 2 else max(1, judged))
    table = attribute.table
    unit = float(table.truth.std()) or 1.0 if table.task == "regression" else 1.0
    for name, (side, others) in zip(groups, pairs, strict=True):
        yield _figure((attribute.name, name, metric), side, others, z=z, unit=unit, limits=limits)


def _figure(
    names: tuple[str, str, str], side: Side | None, others: Side | None, *, z: float, unit: float, limits: BiasLimits
) -> GroupFigure:
    """`names`: attribute, group, metric."""
    verdict = verdict_of(side, others, z=z, unit=unit, limits=limits)
    if side is None:
        return GroupFigure(*names, 0, None, None, None, None, None, None, verdict)
    alone = GroupFigure(*names, side.n, side.value, *side.bounds(Z), None, None, None, verdict)
    if others is None:
        return alone
    ratio = ratio_of(side, others, z=z)
    return replace(
        alone,
        ratio=defined(ratio.value),
        ratio_low=defined(ratio.low),
        ratio_high=defined(ratio.high),
        needed=rows_needed(side, others, z=z, unit=unit, limits=limits) if verdict == "undecided" else None,
    )


def _attribute(table: EvaluationTable, name: str) -> _Attribute:
    cells = (table.attributes or {})[name].tolist()
    groups = sorted(set(cells) - {""})
    numbers = {group: number for number, group in enumerate(groups)}
    codes = np.array([numbers.get(cell, -1) for cell in cells], dtype=np.intp)
    rows = np.flatnonzero(codes >= 0)
    if len(rows) < len(table):
        table, codes = table.take(rows), codes[rows]
    counts = count(table, groups=codes, of_groups=len(groups)) if table.task == "classification" else None
    return _Attribute(name, groups, codes, table, counts)


def _pairs(attribute: _Attribute, metric: str) -> Pairs:
    """Empty for a metric that cannot be taken by group, and without groups."""
    if not attribute.groups:
        return []
    if attribute.counts is not None:
        share = find_share(metric, attribute.table.classes)
        if share is not None:
            return _pairs_of_shares(share, attribute.counts)
    values = row_figures(attribute.table, metric) if metric != "mean_error" else None
    return [] if values is None else _pairs_of_means(values, attribute.codes, groups=len(attribute.groups))


def _pairs_of_shares(share: Share, counts: Counts) -> Pairs:
    """A mean of shares is taken over the classes that both sides have."""
    own, rest = fractions(share, counts), fractions(share, counts.others())
    found: Pairs = []
    for tops, bottoms, other_tops, other_bottoms in zip(*own, *rest, strict=True):
        is_common = (bottoms > 0) & (other_bottoms > 0)
        has_others = bool(is_common.any())
        wanted = is_common if has_others else bottoms > 0
        side = ShareSide(tops[wanted], bottoms[wanted]) if wanted.any() else None
        found.append((side, ShareSide(other_tops[wanted], other_bottoms[wanted]) if has_others else None))
    return found


def _pairs_of_means(values: Array, codes: NDArray[np.intp], *, groups: int) -> Pairs:
    centre = float(values.mean())
    rows = np.bincount(codes, minlength=groups).astype(float)
    sums = np.bincount(codes, weights=values - centre, minlength=groups)
    squares = np.bincount(codes, weights=(values - centre) ** 2, minlength=groups)
    own, rest = (rows, sums, squares), (len(values) - rows, sums.sum() - sums, squares.sum() - squares)
    sides = [[_mean_side(*parts, centre=centre) for parts in zip(*part, strict=True)] for part in (own, rest)]
    return list(zip(*sides, strict=True))


def _mean_side(n: float, total: float, squares: float, *, centre: float) -> Side | None:
    """From sums of the figures less `centre`, and of their squares; None below two rows, which have no variance."""
    if n < 2:
        return None
    variance = max(0.0, (squares - total**2 / n) / (n - 1))
    return MeanSide(int(n), max(0.0, float(centre + total / n)), float(variance))
