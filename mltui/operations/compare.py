"""Two versions side by side: metrics on common rows, groups, parameters, code, data, environment. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mltui.analysis.compare import compare as compare_tables
from mltui.analysis.table import EvaluationTable
from mltui.domain.comparison import PairedComparison
from mltui.domain.metrics import Direction, find_metric
from mltui.domain.names import version_name
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.errors import Damaged, MltuiError
from mltui.operations.differing import Differing, differing, flat
from mltui.operations.evaluations import evaluation_table
from mltui.operations.state import version_as_far_as_read
from mltui.operations.tree_changes import CodeChanges, DataChanges, code_changes, data_changes
from mltui.registry import runs, versions
from mltui.workspace import Workspace

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
class GroupPair:
    attribute: str
    group: str
    metric: str
    candidate: GroupFigure | None
    baseline: GroupFigure | None


@dataclass(frozen=True, slots=True)
class CommitFacts:
    sha: str
    branch: str
    message: str
    author_name: str
    author_email: str
    is_dirty: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    candidate: int
    baseline: int
    metrics: tuple[MetricPair, ...]
    common_rows: int
    """Rows that both were evaluated on; 0 also where that cannot be told."""
    rows_problem: str
    """Why no common rows were compared, a sentence; empty otherwise."""
    groups: tuple[GroupPair, ...]
    parameters: tuple[Differing, ...]
    environment: tuple[Differing, ...]
    images: tuple[Differing, ...]
    rows: tuple[Differing, ...]
    """Split → its rows."""
    candidate_commit: CommitFacts
    baseline_commit: CommitFacts
    code: CodeChanges
    is_same_data: bool
    data: DataChanges
    lost: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """Version → its fields that are damaged, and missing here therefore."""

    @property
    def damage(self) -> tuple[Damaged, ...]:
        return tuple(versions.damage(id, names) for id, names in self.lost)


def compare(workspace: Workspace, candidate: int, baseline: int) -> Comparison:
    """Raises `NotFound` for a version that is not there; what the store lost is a sentence in the comparison."""
    new, lost_of_new = version_as_far_as_read(workspace, version_name(candidate))
    old, lost_of_old = version_as_far_as_read(workspace, version_name(baseline))
    tables, problem = _tables(workspace, new, old)
    pairs, problem = _pairs(new, old, tables, problem)
    return Comparison(
        candidate=candidate,
        baseline=baseline,
        metrics=pairs,
        common_rows=max((pair.paired.n for pair in pairs if pair.paired is not None), default=0),
        rows_problem=problem,
        groups=_groups(new, old),
        parameters=differing(dict(flat(new.parameters)), dict(flat(old.parameters))),
        environment=differing(new.environment, old.environment),
        images=differing(new.images, old.images),
        rows=differing(new.rows, old.rows),
        candidate_commit=_commit(workspace, new),
        baseline_commit=_commit(workspace, old),
        code=code_changes(workspace.store, old.source, new.source),
        is_same_data=new.data == old.data,
        data=data_changes(workspace.store, old.data, new.data),
        lost=tuple((id, lost) for id, lost in ((candidate, lost_of_new), (baseline, lost_of_old)) if lost),
    )


def _tables(
    workspace: Workspace, new: ModelVersion, old: ModelVersion
) -> tuple[tuple[EvaluationTable, EvaluationTable] | None, str]:
    if new.task != old.task:
        return None, f"{version_name(new.id)} is a {new.task}, {version_name(old.id)} a {old.task}"
    try:
        return (evaluation_table(workspace.store, new), evaluation_table(workspace.store, old)), ""
    except MltuiError as error:
        return None, error.message


def _pairs(
    new: ModelVersion, old: ModelVersion, tables: tuple[EvaluationTable, EvaluationTable] | None, problem: str
) -> tuple[tuple[MetricPair, ...], str]:
    """Rows that both were evaluated on were held out from both, so none has to be left out."""
    names = list(dict.fromkeys([*new.metrics, *old.metrics]))
    paired: dict[str, PairedComparison] = {}
    if tables is not None:
        try:
            paired = {name: compare_tables(*tables, metric=name) for name in names if find_metric(name) is not None}
        except MltuiError as error:
            problem = error.message
    if not problem and not any(pair.n for pair in paired.values()):
        problem = "no held-out row of the one is among those of the other"
    return tuple(_pair(name, new, old, paired.get(name)) for name in names), problem


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


def _groups(new: ModelVersion, old: ModelVersion) -> tuple[GroupPair, ...]:
    """In the candidate's order, then those that only the baseline has."""
    candidate, baseline = (
        {(each.attribute, each.group, each.metric): each for each in version.groups} for version in (new, old)
    )
    keys = dict.fromkeys([*candidate, *baseline])
    return tuple(GroupPair(*key, candidate=candidate.get(key), baseline=baseline.get(key)) for key in keys)


def _commit(workspace: Workspace, version: ModelVersion) -> CommitFacts:
    run = runs.find(workspace.registry.read(), version.run_id)
    return CommitFacts(
        version.commit,
        version.branch,
        "" if run is None else run.message,
        version.author_name,
        version.author_email,
        version.is_dirty,
    )
