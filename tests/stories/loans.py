"""A small loans project with two trained versions, made once a session; and a worker that a test carries itself."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import pytest

from mltui.domain.checks import GateReport
from mltui.domain.job import Job, JobKind
from mltui.domain.names import release_name
from mltui.domain.release import Release
from mltui.domain.run import WorkState
from mltui.engines.base import LABEL_WORKSPACE
from mltui.errors import NotFound
from mltui.operations.acting.wake import stop_worker
from mltui.operations.demo.project import sample_folder
from mltui.operations.environments.roll_back import request_rollback
from mltui.operations.releases.decide import approve
from mltui.operations.releases.open_release import open_release
from mltui.operations.runs.train import request_run
from mltui.operations.standing.state import release_state, require_release
from mltui.operations.standing.which import which
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import jobs, releases
from mltui.serving.client import PredictionClient
from mltui.worker.__main__ import LOCK_FILE
from mltui.worker.loop import carry
from mltui.workspace import Workspace

_HELD: list[TextIO] = []

POLICY = """
engine = "{engine}"
is_demo = true

[operators]
operator = {{ login = "@LOGIN@", emails = ["operator@example.org"] }}

[environments.staging]
keep_warm = 0
keep_cold = 0

[environments.production]
after = "staging"
bake_seconds = 0.2
profile_seconds = 0.5
smoke_every_seconds = 3600
gate = {{ approvers = ["operator"], self_approval = true }}
checks = [
  {{ metric = "accuracy", floor = 0.6, allowed_loss = 0.05 }},
  {{ metric = "latency_p95_ms", ceiling = 2000 }},
  {{ metric = "peak_memory_mb", ceiling = 4000 }},
]
"""

ROW = {
    "income": 38100,
    "amount": 9800,
    "months": 36,
    "debt_ratio": 0.174,
    "history_years": 6.9,
    "late_payments": 0,
    "employment": "self_employed",
    "purpose": "car",
}


def make_project(folder: Path, *, count: int = 1500) -> Path:
    shutil.copytree(sample_folder("loans"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "make.py", "--count", str(count)], cwd=folder, check=True, capture_output=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Operator")
    git(folder, "config", "user.email", "operator@example.org")
    commit(folder, "Decide on loans")
    return folder


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def make_workspace(project: Path, folder: Path, *, engine: str = "process") -> Workspace:
    template = folder.parent / "policy-template.toml"
    template.write_text(POLICY.format(engine=engine))
    return init_workspace(project, folder=folder, engine=engine, policy_template=template)


def hold_worker_lock(workspace: Workspace) -> None:
    """For as long as these tests run: whatever worker an operation starts, however late, ends at once."""
    lock = (workspace.folder / LOCK_FILE).open("a")
    fcntl.flock(lock, fcntl.LOCK_EX)
    _HELD.append(lock)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first of a session's test processes makes; to be copied by a test that changes it."""
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with place.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "made").exists():
            shutil.rmtree(place, ignore_errors=True)
            make(place)
            (place / "made").touch()
    return place


def trained_once(factory: pytest.TempPathFactory) -> Path:
    """Folder with `project` and `workspace`: v1 and v2 are registered, their releases are in the queue."""
    return made_once(factory, "trained-loans", _train_two)


def _train_two(place: Path) -> None:
    project = make_project(place / "project")
    workspace = make_workspace(project, place / "workspace")
    hold_worker_lock(workspace)
    train(workspace, project)
    train(workspace, project, "train.seed=2")
    end(workspace)
    workspace.close()


def end(workspace: Workspace) -> None:
    """Worker, servers and gateways of this workspace."""
    stop_worker(workspace)
    engine = workspace.engine(workspace.policy().engine)
    for status in engine.list({LABEL_WORKSPACE: workspace.uuid}):
        engine.remove(status.name)


def carry_job(workspace: Workspace, kind: JobKind, subject: str) -> Job:
    """Carries the newest job of that subject in this process, until it is over or rests."""
    job = jobs.of_subject(workspace.registry.read(), kind=kind, subject=subject)
    assert job is not None
    carry(workspace, job, on_boundary=lambda stage: None, is_stopping=lambda: False)
    carried = jobs.find(workspace.registry.read(), job.id)
    assert carried is not None
    return carried


def train(workspace: Workspace, project: Path, *overrides: str) -> int:
    """Id of the run, carried to its end; its release rests in the queue."""
    run = request_run(workspace, project, overrides=overrides).run
    job = carry_job(workspace, JobKind.RUN, str(run.id))
    assert job.state is WorkState.SUCCEEDED, job.error
    return run.id


def bring_to_gate(workspace: Workspace, version_id: int) -> Release:
    found = releases.list_releases(workspace.registry.read(), version_id=version_id, limit=1)
    release = found[0] if found and not found[0].state.is_over else open_release(workspace, version_id)
    carry_job(workspace, JobKind.RELEASE, release_name(release.id))
    return require_release(workspace, release_name(release.id))


def bring_to_production(workspace: Workspace, version_id: int) -> Release:
    release = bring_to_gate(workspace, version_id)
    approve(workspace, version_id, evidence=release.evidence, acknowledged=inconclusive(workspace, release))
    job = carry_job(workspace, JobKind.RELEASE, release_name(release.id))
    assert job.state is WorkState.SUCCEEDED, job.error
    return require_release(workspace, release_name(release.id))


def inconclusive(workspace: Workspace, release: Release) -> list[str]:
    stages = release_state(workspace, release_name(release.id)).stages
    data = next((stage.data for stage in stages if stage.name == "checks"), None)
    return [check.name for check in GateReport.from_json(data).inconclusive] if data else []


def roll_back(workspace: Workspace, **how: Any) -> Job:
    request_rollback(workspace, "production", **{"reason": "it is wrong", **how})
    return carry_job(workspace, JobKind.ROLLBACK, "production")


def live(workspace: Workspace, environment: str = "production") -> int | None:
    """Id of the version that the registry says is live."""
    try:
        found = which(workspace, environment).deployment
    except NotFound:
        return None
    return None if found is None else found.version_id


def answering(workspace: Workspace, environment: str = "production") -> str:
    """Version that the endpoint itself answers with, or the status of its refusal."""
    known = which(workspace, environment).environment
    with PredictionClient.over_tcp(known.endpoint) as client:
        answer = client.predict(ROW)
    return str(answer.body["version"]) if answer.status == 200 else f"status {answer.status}"
