"""The figures of two versions beside each other, and what they answered on the rows that both were evaluated on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mltui.analysis.compare import compare as compare_tables
from mltui.analysis.prediction_diff import answer_changes
from mltui.analysis.table import EvaluationTable
from mltui.domain.answer_changes import AnswerChanges, harm_sentence
from mltui.domain.comparison import PairedComparison
from mltui.domain.metrics import Direction, find_metric
from mltui.domain.names import version_name
from mltui.domain.version import ModelVersion
from mltui.errors import MltuiError
from mltui.operations.versions.evaluations import evaluation_table
from mltui.store import Store

Tendency = Literal["better", "worse", "noise", "untold"]
"""noise: the interval of the difference holds 0; untold: no interval, or no direction of the metric is better."""


@dataclass(frozen=True, slots=True)
class MetricPair:
    metric: str
    direction: Direction
    candidate: float | None
    """On its own held-out rows, as the other on its own."""
    candidate_interval: tuple[float, float] | None
    baseline: float | None
    baseline_interval: tuple[float, float] | None
    paired: PairedComparison | None
    """On the rows that both were evaluated on, the baseline as its `production`; None without such rows."""
    tendency: Tendency
    """Of `paired`."""

    @property
    def difference(self) -> float | None:
        """Candidate minus baseline: on common rows where there are any, else of the two values."""
        if self.paired is not None and self.paired.difference is not None:
            return self.paired.difference
        return None if self.candidate is None or self.baseline is None else self.candidate - self.baseline


@dataclass(frozen=True, slots=True)
class Paired:
    candidate: int
    baseline: int
    metrics: tuple[MetricPair, ...]
    answers: AnswerChanges | None
    """On the common rows; None without any."""
    problem: str
    """Why no common rows were compared, a sentence; empty otherwise."""

    @property
    def rows(self) -> int:
        """That both were evaluated on; 0 also where that cannot be told."""
        return max((pair.paired.n for pair in self.metrics if pair.paired is not None), default=0)

    @property
    def harm(self) -> str:
        """Whom the candidate serves worse; empty where nobody is, but for noise."""
        names = version_name(self.candidate), version_name(self.baseline)
        return harm_sentence(self.answers, candidate=names[0], baseline=names[1])


@dataclass(frozen=True, slots=True)
class _OnCommonRows:
    metrics: Mapping[str, PairedComparison] = field(default_factory=dict)
    answers: AnswerChanges | None = None
    problem: str = ""


def paired(store: Store, candidate: ModelVersion, baseline: ModelVersion, *, least_harm: float) -> Paired:
    """What the store lost is a sentence in it."""
    names = list(dict.fromkeys([*candidate.metrics, *baseline.metrics]))
    common = _on_common_rows(store, candidate, baseline, names, least_harm)
    pairs = tuple(_pair(name, candidate, baseline, common.metrics.get(name)) for name in names)
    return Paired(candidate.id, baseline.id, pairs, common.answers, common.problem)


def _on_common_rows(
    store: Store, new: ModelVersion, old: ModelVersion, names: list[str], least_harm: float
) -> _OnCommonRows:
    """Rows that both were evaluated on were held out from both, so none has to be left out."""
    if new.task != old.task:
        return _OnCommonRows(problem=f"{version_name(new.id)} is a {new.task}, {version_name(old.id)} a {old.task}")
    try:
        tables = evaluation_table(store, new), evaluation_table(store, old)
        return _compared(tables, [name for name in names if find_metric(name) is not None], least_harm)
    except MltuiError as error:
        return _OnCommonRows(problem=error.message)


def _compared(tables: tuple[EvaluationTable, EvaluationTable], names: list[str], least_harm: float) -> _OnCommonRows:
    answers = answer_changes(*tables, least_harm=least_harm)
    if not answers.whole.n:
        return _OnCommonRows(problem="no held-out row of the one is among those of the other")
    return _OnCommonRows({name: compare_tables(*tables, metric=name) for name in names}, answers)


def _pair(name: str, new: ModelVersion, old: ModelVersion, paired: PairedComparison | None) -> MetricPair:
    known = find_metric(name)
    direction: Direction = "neither" if known is None else known.direction
    told = paired if paired is not None and paired.n else None
    return MetricPair(
        name,
        direction,
        candidate=new.metrics.get(name),
        candidate_interval=new.intervals.get(name),
        baseline=old.metrics.get(name),
        baseline_interval=old.intervals.get(name),
        paired=told,
        tendency=tendency_of(told, direction),
    )


def tendency_of(paired: PairedComparison | None, direction: Direction) -> Tendency:
    if paired is None or paired.low is None or paired.high is None:
        return "untold"
    if paired.low <= 0 <= paired.high:
        return "noise"
    if direction == "neither":
        return "untold"
    return "better" if (paired.low > 0) == (direction == "higher") else "worse"
