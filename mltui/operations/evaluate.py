"""Breaks down predictions that were made elsewhere; needs neither project nor workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mltui.analysis.foreign_columns import read_columns
from mltui.analysis.foreign_table import NamedColumns, table_of
from mltui.analysis.groups import ALL_OTHERS, Reference, breakdown
from mltui.analysis.measuring import metrics_of
from mltui.analysis.metrics import Figure, figures
from mltui.analysis.undefined import why_undefined
from mltui.domain.metrics import find_metric
from mltui.domain.spans import Span, spans_of
from mltui.domain.task import Task
from mltui.domain.version import GroupFigure


@dataclass(frozen=True, slots=True)
class Evaluated:
    rows: int
    task: Task
    classes: tuple[str, ...]
    """Of two, rates are of the second."""
    overall: Mapping[str, Figure]
    """Of all metrics, also those without a value."""
    undefined: Mapping[str, str]
    """Metric of `overall` without a value → why it has none."""
    groups: tuple[GroupFigure, ...]
    spans: tuple[Span, ...]
    meanings: Mapping[str, str]
    """Metric → one sentence: what it is, which way is better, whose definition."""


@dataclass(frozen=True, slots=True)
class HowToEvaluate:
    """What cannot be seen from the columns themselves."""

    task: Task | None = None
    """None: a regression where the truth has many different numbers."""
    positive: str | None = None
    threshold: float | None = None
    """None: 0.5, where a score stands in the place of a prediction."""
    reference: Reference = ALL_OTHERS
    is_per_class: bool = False
    """Also every rate of every class, not only means."""


def evaluate(path: Path, columns: NamedColumns, how: HowToEvaluate) -> Evaluated:
    """Raises `NotFound`, `UsageError` for columns and classes that are not there, `WorkFailed` with line and column."""
    found = read_columns(path, columns.names())
    table = table_of(found, columns, task=how.task, positive=how.positive, threshold=how.threshold)
    overall = figures(table)
    metrics = metrics_of(table, per_class=how.is_per_class)
    groups = breakdown(table, metrics=metrics, reference=how.reference)
    values = {name: figure.value for name, figure in overall.items()}
    known = {name: find_metric(name) for name in dict.fromkeys((*overall, *(each.metric for each in groups)))}
    return Evaluated(
        len(table),
        table.task,
        table.classes,
        overall,
        {name: why_undefined(table, name) for name, figure in overall.items() if figure.value is None},
        groups,
        spans_of(groups, values),
        {name: metric.sentence for name, metric in known.items() if metric is not None and ":" not in name},
    )
