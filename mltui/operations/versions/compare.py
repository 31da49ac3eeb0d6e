"""Two versions side by side: metrics on common rows, groups, parameters, code, data, environment. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.domain.answer_changes import AnswerChanges
from mltui.domain.names import version_name
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.errors import Damaged
from mltui.operations.acting.policy_record import least_harm
from mltui.operations.standing.state import version_as_far_as_read
from mltui.operations.versions.differing import Differing, differing, flat
from mltui.operations.versions.paired import MetricPair, paired
from mltui.operations.versions.tree_changes import CodeChanges, DataChanges, code_changes, data_changes
from mltui.registry import runs, versions
from mltui.workspace import Workspace


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
    harm: str
    """Whom the candidate serves worse, a sentence; empty where nobody is, but for noise."""
    metrics: tuple[MetricPair, ...]
    common_rows: int
    """Rows that both were evaluated on; 0 also where that cannot be told."""
    rows_problem: str
    """Why no common rows were compared, a sentence; empty otherwise."""
    answers: AnswerChanges | None
    """On the common rows; None without any."""
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
    figures = paired(workspace.store, new, old, least_harm=least_harm(workspace))
    return Comparison(
        candidate=candidate,
        baseline=baseline,
        harm=figures.harm,
        metrics=figures.metrics,
        common_rows=figures.rows,
        rows_problem=figures.problem,
        answers=figures.answers,
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
