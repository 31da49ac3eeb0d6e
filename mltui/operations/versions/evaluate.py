"""Breaks down predictions that were made elsewhere; needs neither project nor workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mltui.analysis.cautions import cautions
from mltui.analysis.foreign_columns import read_columns
from mltui.analysis.foreign_table import NamedColumns, table_of
from mltui.analysis.groups import ALL_OTHERS, Reference, breakdown, usual_metrics
from mltui.analysis.measuring import metrics_of
from mltui.analysis.metrics import Figure, figures
from mltui.analysis.table import EvaluationTable
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
    cautions: tuple[str, ...]
    """What should be known of the table itself before the figures are believed."""
    judged: str
    """Which metrics groups were judged by, and how to have more; a sentence, empty without groups."""
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
    metrics = judged_metrics(table, is_per_class=how.is_per_class)
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
        cautions(table, overall),
        _judged(table.classes, groups, is_per_class=how.is_per_class) if groups else "",
        spans_of(groups, values),
        {name: metric.sentence for name, metric in known.items() if metric is not None and ":" not in name},
    )


def judged_metrics(table: EvaluationTable, *, is_per_class: bool) -> tuple[str, ...]:
    """Those of a version, and what else each class has."""
    each = metrics_of(table, per_class=True) if is_per_class else ()
    return tuple(dict.fromkeys((*usual_metrics(table), *each)))


def _judged(classes: tuple[str, ...], groups: Iterable[GroupFigure], *, is_per_class: bool) -> str:
    names = ", ".join(dict.fromkeys(each.metric for each in groups if ":" not in each.metric))
    told = f"judged by group: {names}"
    if is_per_class or not classes:
        return told + (", and the rates of each class" if classes else "")
    if len(classes) == 2:
        return f"{told}, and the recall of {classes[0]}; not its other rates, which --per-class adds"
    return f"{told}, as means over the classes; not those of each class, which --per-class adds"
