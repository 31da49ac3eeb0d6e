"""Runs the checks of a gate: the candidate's figures, production's on the same held-out rows, and the profile."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from mltui.analysis.compare import compare
from mltui.analysis.groups import breakdown, usual_metrics
from mltui.analysis.prediction_diff import ChangedRow, PredictionDiff, prediction_diff
from mltui.analysis.referenced import figures_against
from mltui.analysis.table import EvaluationTable
from mltui.analysis.table_file import read_evaluation
from mltui.domain.checks import GateReport
from mltui.domain.comparison import PairedComparison
from mltui.domain.gate import (
    Findings,
    compared_groups,
    compared_metrics,
    decide_gate,
    grouped_attributes,
    grouped_metrics,
    needs_comparison,
    reference_of,
)
from mltui.domain.group_checks import GroupComparisons
from mltui.domain.model_card import with_card
from mltui.domain.names import version_name
from mltui.domain.policy import CheckRule
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.engines.base import LABEL_WORKSPACE, ContainerSpec, Limits, Mount
from mltui.errors import WorkFailed
from mltui.operations.versions.answer_changes import CheckedChanges
from mltui.operations.versions.data_bias import data_bias_of
from mltui.operations.versions.model_card import card_of
from mltui.registry import releases, stages
from mltui.worker.environments import images
from mltui.worker.environments.traffic import version_of
from mltui.worker.releases.release_work import LABEL_RELEASE, ReleaseWork
from mltui.worker.runs.registering import EVALUATION_FILE, file_of

EVALUATE_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Against:
    production: int
    """The version that was there."""
    diff: PredictionDiff


@dataclass(frozen=True, slots=True)
class Checked:
    report: GateReport
    against: Against | None
    """None where nothing is in production, or nothing can be compared."""


def check(work: ReleaseWork) -> Checked:
    version, rules = work.version, work.rules
    table = _table_of(work, version)
    compared = _compared(work, table)
    report = decide_gate(
        rules.gate,
        rules.checks,
        Findings(
            task=version.task,
            metrics=version.metrics,
            intervals=version.intervals,
            attributes=frozenset(table.attribute_names),
            groups=_by_group(table, rules.checks),
            held=figures_against(
                table,
                [reference_of(rule) for rule in rules.checks if rule.reference],
                (*usual_metrics(table), *grouped_metrics(rules.checks)),
            ),
            comparisons=compared.by_metric,
            changed_predictions=None if compared.against is None else compared.against.diff.changes.share,
            group_comparisons=compared.by_group,
            expected_groups=compared.groups,
            profile=_profile_figures(work.found("profile")),
            production_profile=_production_profile(work),
            data=data_bias_of(version),
        ),
    )
    card = card_of(work.workspace, version)
    return Checked(with_card(report, card, needed=rules.gate.model_card), compared.against)


def _by_group(table: EvaluationTable, rules: Sequence[CheckRule]) -> tuple[GroupFigure, ...]:
    """Whatever the rules are about; an attribute that is not there has no figures."""
    there = [name for name in grouped_attributes(rules) if table.grouping(name) is not None]
    return breakdown(table, attributes=there, metrics=(*usual_metrics(table), *grouped_metrics(rules)))


@dataclass(frozen=True, slots=True)
class _Compared:
    """With production, on the candidate's held-out rows; None where nothing is there."""

    by_metric: Mapping[str, PairedComparison] | None = None
    by_group: GroupComparisons | None = None
    groups: frozenset[tuple[str, str]] = frozenset()
    against: Against | None = None


def kept_changes(work: ReleaseWork, against: Against | None) -> dict[str, Any] | None:
    """Puts the file that names every changed row into the store."""
    if against is None:
        return None
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([field.name for field in fields(ChangedRow)])
    table.writerows(astuple(row) for row in against.diff.rows)
    kept = work.workspace.store.put_bytes(text.getvalue().encode())
    return CheckedChanges(against.production, against.diff.changes, kept).as_json()


def _compared(work: ReleaseWork, candidate: EvaluationTable) -> _Compared:
    rules, current = work.rules.checks, work.place.current()
    if current is None:
        return _Compared()
    production = version_of(work.workspace, current)
    groups = frozenset((figure.attribute, figure.group) for figure in production.groups)
    metrics, by_group = compared_metrics(rules), compared_groups(rules)
    is_same = production.id == work.version.id
    if not needs_comparison(rules) and not _are_comparable(work.version, production):
        return _Compared(groups=groups)
    other = candidate if is_same else _evaluate_again(work, production)
    excluded = frozenset() if is_same else _training_rows(work, production)
    return _Compared(
        {metric: compare(candidate, other, metric=metric, excluded_rows=excluded) for metric in metrics},
        {
            (metric, attribute): {
                group: compare(rows, other, metric=metric, excluded_rows=excluded)
                for group, rows in candidate.by_group(attribute)
            }
            for metric, attribute in by_group
        },
        groups,
        Against(
            production.id, prediction_diff(candidate, other, excluded_rows=excluded, least_harm=work.rules.least_harm)
        ),
    )


def _are_comparable(version: ModelVersion, production: ModelVersion) -> bool:
    return production.classes == version.classes and production.task == version.task


def _table_of(work: ReleaseWork, version: ModelVersion) -> EvaluationTable:
    path = file_of(work.workspace.store, version.evaluation, EVALUATION_FILE)
    return read_evaluation(path, task=version.task, classes=version.classes)


def _evaluate_again(work: ReleaseWork, production: ModelVersion) -> EvaluationTable:
    """Production's model on the candidate's held-out rows, by the same evaluate step in a container of its own."""
    workspace = work.workspace
    if not _are_comparable(work.version, production):
        raise WorkFailed(
            f"{version_name(production.id)} in {work.goal} answers with other classes than {work.version_name}",
            hint="take what compares with production out of the policy's checks for this one release",
            code="not_comparable",
        )
    folder = workspace.folder / "releases" / work.name / f"evaluate-{version_name(production.id)}"
    for name, tree in (("model", production.model), ("held_out", work.version.held_out)):
        workspace.store.materialize(tree, folder / "in" / name)
    (folder / "out").mkdir(exist_ok=True)
    params = folder / "params.json"
    params.write_text(json.dumps({"task": production.task, "kind": _kind(production)}), "utf-8")
    params.chmod(0o644)
    _run_evaluate(work, folder, name=f"{work.name}-evaluate-{version_name(production.id)}")
    return read_evaluation(
        folder / "out" / "evaluation" / EVALUATION_FILE, task=production.task, classes=production.classes
    )


def _run_evaluate(work: ReleaseWork, folder: Path, *, name: str) -> None:
    workspace = work.workspace
    engine = workspace.engine(work.place.engine_name)
    recipe = images.step_recipe("evaluate", template=None, base_image=images.BASE_IMAGE, workspace_uuid=workspace.uuid)
    spec = ContainerSpec(
        name=workspace.container_name(name),
        image=engine.build(recipe, on_line=lambda line: None),
        argv=("python", "-m", images.step_module("evaluate", None)),
        env={
            "MLTUI_CPUS": "2",
            "MLTUI_IN": "/mltui/in",
            "MLTUI_OUT": "/mltui/out",
            "MLTUI_PARAMS": "/mltui/params.json",
            "MLTUI_CHECKPOINT": "/tmp",
        },
        mounts=(
            Mount(folder / "in", "/mltui/in"),
            Mount(folder / "out", "/mltui/out", is_read_only=False),
            Mount(folder / "params.json", "/mltui/params.json"),
        ),
        limits=Limits(cpus=2, memory_bytes=4 * 2**30),
        labels={LABEL_WORKSPACE: workspace.uuid, LABEL_RELEASE: work.name},
    )
    engine.start(spec)
    work.journal.on_boundary("comparison begun")
    status = engine.wait(spec.name, timeout_seconds=EVALUATE_SECONDS)
    if not status.has_succeeded:
        reason = (
            " | ".join(line.text for line in list(engine.logs(spec.name))[-3:])
            if status.exit_code is not None
            else "its time is up"
        )
        engine.remove(spec.name)
        raise WorkFailed(
            f"production could not be evaluated on the candidate's rows: {reason}",
            hint="mltui run logs of its run may tell more",
        )
    engine.remove(spec.name)


def _training_rows(work: ReleaseWork, version: ModelVersion) -> frozenset[str]:
    text = file_of(work.workspace.store, version.training, "rows.csv").read_text("utf-8")
    return frozenset(row["row_id"] for row in csv.DictReader(io.StringIO(text)))


def _kind(version: ModelVersion) -> str:
    return "pictures" if version.input_schema["kind"] == "picture" else "table"


def _profile_figures(found: Mapping[str, object]) -> dict[str, float | None]:
    names = ("latency_p95_ms", "peak_memory_mb")
    return {name: float(str(found[name])) for name in names if name in found}


def _production_profile(work: ReleaseWork) -> dict[str, float | None] | None:
    """Of the release that brought the current version; None when nothing is there."""
    current = work.place.current()
    if current is None:
        return None
    conn = work.workspace.registry.read()
    for release in releases.list_releases(conn, version_id=current.version_id, environment=work.goal, limit=10):
        for stage in stages.of_release(conn, release.id):
            if stage.name == "profile" and stage.data:
                return _profile_figures(stage.data)
    return {}
