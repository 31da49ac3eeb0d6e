"""Evaluation tables of versions, read from the store."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from mltui.analysis.table import EvaluationTable
from mltui.analysis.table_file import read_evaluation
from mltui.domain.names import version_name
from mltui.domain.task import Task
from mltui.domain.version import ModelVersion
from mltui.errors import NotFound
from mltui.store import Store

EVALUATION_FILE = "evaluation.csv"


def evaluation_table(store: Store, version: ModelVersion) -> EvaluationTable:
    """On the version's own held-out rows. Raises `NotFound`, `Damaged` or `WorkFailed`."""
    path = _file_of(store, version)
    return read_evaluation(path, task=version.task, classes=version.classes)


def table_at_hand(store: Store, version: ModelVersion) -> EvaluationTable:
    """The same for a person who goes from figure to figure: the one that was looked at last is kept."""
    return _kept(_file_of(store, version), version.task, version.classes)


@lru_cache(maxsize=1)
def _kept(path: Path, task: Task, classes: tuple[str, ...]) -> EvaluationTable:
    """A path in the store names the content."""
    return read_evaluation(path, task=task, classes=classes)


def _file_of(store: Store, version: ModelVersion) -> Path:
    for entry in store.tree(version.evaluation).entries:
        if entry.path == EVALUATION_FILE:
            return store.path(entry.sha256)
    raise NotFound(f"the evaluation of {version_name(version.id)} has no table", hint="train it again")
