"""A project whose own train step waits for a file in its checkpoint folder, then leaves a model that it brought."""

from __future__ import annotations

import shutil
from pathlib import Path

from stories.loans import commit, git
from stories.soundness import await_that

from mltui.operations.standing.state import version_state
from mltui.operations.workspaces.initialise import init_workspace
from mltui.workspace import Workspace

DOCKERFILE = """\
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
WORKDIR /step
COPY . .
"""
TRAIN = """\
import os, pathlib, shutil

from waiting import wait_while

checkpoint = pathlib.Path(os.environ["MLTUI_CHECKPOINT"])
with (checkpoint / "begun").open("a") as file:
    print("begun", file=file)
print("waiting", flush=True)
wait_while(lambda: not (checkpoint / "go").exists())
shutil.copytree("model", pathlib.Path(os.environ["MLTUI_OUT"]) / "model")
print("done", flush=True)
wait_while((checkpoint / "linger").exists)
"""
WAITING = """\
import time


def wait_while(holds):
    while holds():
        time.sleep(0.01)
"""
STEP = """\
[steps.train]
dockerfile = "train/Dockerfile"
run = ["python", "train.py"]
limits = { cpu = 1, memory = "512m", seconds = 600 }
"""
POLICY = """\
engine = "{engine}"
is_demo = true

[operators]
operator = {{ login = "@LOGIN@", emails = ["operator@example.org"] }}
"""


def make_waiting_project(trained: Path, folder: Path) -> Path:
    """`trained` holds the project and the workspace whose first model the step leaves."""
    shutil.copytree(trained / "project", folder, ignore=shutil.ignore_patterns(".git"))
    declared = (folder / "mltui.toml").read_text()
    before, _, after = declared.partition("[steps.train]")
    (folder / "mltui.toml").write_text(f"{before}{STEP}\n[smoke]{after.partition('[smoke]')[2]}")
    (folder / "train").mkdir()
    (folder / "train" / "Dockerfile").write_text(DOCKERFILE)
    (folder / "train" / "train.py").write_text(TRAIN)
    (folder / "train" / "waiting.py").write_text(WAITING)
    registry = Workspace.open(trained / "workspace")
    registry.store.materialize(version_state(registry, "v1").version.model, folder / "train" / "model")
    registry.close()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Operator")
    git(folder, "config", "user.email", "operator@example.org")
    commit(folder, "Wait, then bring a model along")
    return folder


def make_waiting_workspace(project: Path, folder: Path, *, engine: str = "process") -> Workspace:
    """Without environments: a version that is registered opens no release."""
    template = folder.parent / f"{folder.name}-policy.toml"
    template.write_text(POLICY.format(engine=engine))
    return init_workspace(project, folder=folder, engine=engine, policy_template=template)


def let_go(workspace: Workspace, run_id: int = 1) -> None:
    """The train step ends as soon as it sees this; also if it has not begun yet."""
    folder = _checkpoint(workspace, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go").touch()


def leave_and_linger(workspace: Workspace, run_id: int = 1) -> None:
    """The train step leaves its whole model, and does not end."""
    (_checkpoint(workspace, run_id) / "linger").touch()
    let_go(workspace, run_id)
    left = workspace.run_folder(run_id) / "train.1" / "out" / "model"
    await_that(lambda: sum(1 for _ in left.glob("model.*")) == 2, what="the model is there")


def times_begun(workspace: Workspace, run_id: int = 1) -> int:
    try:
        return len((_checkpoint(workspace, run_id) / "begun").read_text().splitlines())
    except FileNotFoundError:
        return 0


def _checkpoint(workspace: Workspace, run_id: int) -> Path:
    return workspace.run_folder(run_id) / "train.checkpoint"
