"""Rows for the registry's tests: every field has a value, those that matter are given by name."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import Run, WorkState
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.registry import deployments, releases, runs, versions

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def digest(number: int) -> str:
    return f"{number:064x}"


def add_run(tx: sqlite3.Connection, **given: Any) -> Run:
    fields: dict[str, Any] = {
        "state": WorkState.QUEUED,
        "commit": "c" * 40,
        "is_dirty": False,
        "branch": "main",
        "message": "Größe ändern\n\nmit „Zeichen“",
        "author_name": "Ann",
        "author_email": "ann@example.org",
        "requested_by": "ann",
        "requested_at": NOW,
        "source": digest(1),
        "data": digest(2),
        "plan": digest(3),
        "engine": "docker",
    }
    return runs.add(tx, **{**fields, **given})


def add_version(tx: sqlite3.Connection, **given: Any) -> ModelVersion:
    figure = GroupFigure({"lighting": "dark"}, "recall", 31, 0.7, 0.5, 0.85, None, None, None, "undecided", 300)
    fields: dict[str, Any] = {
        "created_at": NOW,
        "task": "classification",
        "classes": ("burrito", "taco"),
        "input_schema": {"kind": "picture", "size": [160, 160]},
        "model": digest(4),
        "evaluation": digest(5),
        "history": None,
        "training": digest(6),
        "held_out": digest(7),
        "data": digest(2),
        "source": digest(1),
        "smoke": digest(8),
        "commit": "c" * 40,
        "is_dirty": True,
        "branch": "main",
        "author_name": "Ann",
        "author_email": "ann@example.org",
        "requested_by": "ann",
        "engine": "docker",
        "parameters": {"train": {"seed": 1, "learning_rate": 1e-4}},
        "metrics": {"accuracy": 1.0, "recall": 0.75},
        "intervals": {"accuracy": (0.9, 1.0)},
        "confusion": ((10, 2), (1, 12)),
        "groups": (figure,),
        "learning_curve": ({"loss": 0.7}, {"loss": 0.5}),
        "rows": {"train": 100, "held_out": 25},
        "data_report": {"unreadable": ["a.jpg"]},
        "images": {"train": "sha256:1"},
        "environment": {"python": "3.11.7"},
    }
    given.setdefault("run_id", (runs.latest(tx) or add_run(tx)).id)
    return versions.add(tx, **{**fields, **given})


def add_release(tx: sqlite3.Connection, **given: Any) -> Release:
    fields: dict[str, Any] = {
        "environment": "production",
        "state": ReleaseState.RUNNING,
        "opened_at": NOW,
        "opened_by": "ann",
    }
    given.setdefault("version_id", (versions.latest(tx) or add_version(tx)).id)
    return releases.add(tx, **{**fields, **given})


def add_deployment(tx: sqlite3.Connection, **given: Any) -> Deployment:
    fields: dict[str, Any] = {
        "environment": "production",
        "state": DeploymentState.STARTING,
        "package": digest(9),
        "image_id": "sha256:2",
        "engine": "docker",
        "cpus": 2,
        "memory_bytes": None,
        "created_at": NOW,
    }
    given.setdefault("version_id", (versions.latest(tx) or add_version(tx)).id)
    return deployments.add(tx, **{**fields, **given})
