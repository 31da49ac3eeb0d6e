"""The decision threshold of a version: what another one would do to every group, and a run that takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from mltui.analysis.thresholds import RATES, Curve, GroupRates, Moment, Thresholds, require_share
from mltui.config.project import project_as_json, project_from_json
from mltui.domain.names import version_name
from mltui.domain.pipeline import apply_overrides
from mltui.domain.run import Run
from mltui.domain.threshold import STEP, THRESHOLD, threshold_in
from mltui.domain.version import ModelVersion
from mltui.errors import NotFound, Refused, UsageError
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.wake import wake_worker
from mltui.operations.runs.commits import Commit
from mltui.operations.runs.train import RequestedRun, add_run
from mltui.operations.standing.state import require_version
from mltui.operations.versions.evaluations import table_at_hand
from mltui.registry import events, runs, steps
from mltui.store import Store
from mltui.workspace import Workspace

__all__ = [
    "RATES",
    "Curve",
    "Explored",
    "GroupRates",
    "Moment",
    "explore_thresholds",
    "take_threshold",
    "threshold_of_version",
]

DESCRIPTION_FILE = "model.json"
EVEN = 0.5
"""What the class with the highest score comes to where there are two."""


@dataclass(frozen=True, slots=True, eq=False)
class Explored:
    """A version's held-out rows, to be answered at any threshold."""

    version: int
    threshold: float | None
    """That the version answers by; None: by the highest score."""
    classes: tuple[str, ...]
    attributes: tuple[str, ...]
    rates: Thresholds

    @property
    def start(self) -> float:
        return EVEN if self.threshold is None else self.threshold


def explore_thresholds(
    workspace: Workspace, name: str, *, attribute: str | None = None, label: str | None = None
) -> Explored:
    """`name` is `v7` or `latest`, `label` the class that the rates are of. Raises `UsageError` for a version
    that has no threshold, or not that attribute or class.
    """
    version = require_version(workspace, name)
    _require_two_classes(version)
    table = table_at_hand(workspace.store, version)
    if table.scores is None:
        raise _unfit(version, "its evaluation holds no scores")
    rates = Thresholds.of(table, attribute, label=label)
    own = threshold_of_version(workspace.store, version)
    return Explored(version.id, own, version.classes, table.attribute_names, rates)


def threshold_of_version(store: Store, version: ModelVersion) -> float | None:
    """That it is served with, from its own model folder; from its parameters where that was pruned."""
    if store.has(version.model):
        for entry in store.tree(version.model).entries:
            if entry.path == DESCRIPTION_FILE:
                return _number(json.loads(store.read_bytes(entry.sha256)))
    return threshold_in(version.parameters)


def take_threshold(workspace: Workspace, name: str, threshold: float) -> RequestedRun:
    """A run of the version's own commit, data and parameters with this threshold; nothing is trained again.

    It evaluates anew, registers a version and opens its release. Raises `UsageError` for what cannot be a threshold,
    `Refused` where the model that was trained is not at hand.
    """
    version = require_version(workspace, name)
    _require_two_classes(version)
    require_share(threshold)
    run = runs.find(workspace.registry.read(), version.run_id)
    if run is None:
        raise NotFound(f"run {version.run_id} is not in the registry", hint="mltui audit verify looks for damage")
    project = project_from_json(workspace.store.read_bytes(run.plan))
    changed = apply_overrides(project, [f"{STEP}.{THRESHOLD}={threshold!r}"])
    engine = policy_on_record(workspace).engine
    _require_trained(workspace, version, run, engine=engine)
    stored = {"source": run.source, "data": run.data, "plan": workspace.store.put_bytes(project_as_json(changed))}
    with workspace.registry.write() as tx:
        requested = add_run(tx, workspace, _commit_of(run), stored=stored, engine=engine)
        own = version_name(version.id)
        if requested.is_new:
            facts = {"version": own, "threshold": repr(threshold), "run": str(requested.run.id)}
            events.append(tx, "ThresholdTaken", own, facts, actor=str(workspace.actor), at=workspace.now())
    wake_worker(workspace)
    return requested


def _require_trained(workspace: Workspace, version: ModelVersion, run: Run, *, engine: str) -> None:
    """What was trained on another engine, or was pruned, would be trained again."""
    own, hint = version_name(version.id), "mltui train --set evaluate.threshold=… trains with one"
    if run.engine != engine:
        raise Refused(f"{own} was trained on {run.engine}, and this workspace's engine is {engine} now", hint=hint)
    trained = [
        each.outputs.get("model") for each in steps.of_run(workspace.registry.read(), run.id) if each.step == "train"
    ]
    if not any(tree is not None and workspace.store.has(tree) for tree in trained):
        raise Refused(f"the model that was trained for {own} was pruned", hint=hint)


def _commit_of(run: Run) -> Commit:
    return Commit(run.commit, run.branch, run.message, run.author_name, run.author_email, run.is_dirty)


def _require_two_classes(version: ModelVersion) -> None:
    if version.task != "classification":
        raise _unfit(version, f"it is a {version.task}")
    if len(version.classes) != 2:
        raise _unfit(version, f"it tells {len(version.classes)} classes apart")


def _unfit(version: ModelVersion, why: str) -> UsageError:
    hint = "a threshold decides between two classes by their scores"
    return UsageError(f"{version_name(version.id)} has no threshold: {why}", hint=hint)


def _number(record: object) -> float | None:
    value = record.get(THRESHOLD) if isinstance(record, Mapping) else None
    return float(value) if isinstance(value, int | float) else None
