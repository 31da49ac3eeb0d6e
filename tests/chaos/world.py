"""A workspace under load: a project whose steps are quick, a worker of its own, and callers on its production."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos.approver import approver
from chaos.client import Client
from chaos.images import built_images
from chaos.load import Load, load_on
from chaos.own_docker import OwnDocker, own_docker
from stories.loans import commit
from stories.pictures import make_picture_project, make_picture_workspace, noise
from stories.shells import put_away
from stories.switching import Mltui

from mltui.engines.base import Engine
from mltui.registry import environments
from mltui.worker.environments.images import BASE_IMAGE
from mltui.workspace import Workspace

DISK_BYTES = 800 * 2**20
STAGED = """[environments.staging]
keep_warm = 0
keep_cold = 0
latency_limit_ms = 5000

[environments.production]
after = "staging"
profile_seconds = 0.3
replicas = {replicas}
"""
IN_STEPS = """traffic_steps = [50, 100]
step_seconds = 0.5
least_requests = 5
"""


@dataclass(frozen=True, slots=True)
class World:
    workspace: Workspace
    project: Path
    load: Load
    disk: Path | None
    """The file system of its own that the workspace lies on; None where none can be mounted."""
    docker: OwnDocker | None
    """Where the containers run, on an engine that may be killed; None on `process`."""
    replicas: int
    """Servers of each version in production; where it has several, its traffic goes over in steps, too."""

    @property
    def engine(self) -> Engine:
        return self.workspace.engine("process" if self.docker is None else "docker")

    def ask(self, *words: str) -> Client:
        return Client(self.project, self.workspace.folder, words)


@contextmanager
def open_world(folder: Path, *, engine: str, models: int, replicas: int) -> Iterator[World]:
    """v2 answers in production and v1 did before. `models` are there to choose from, two at least."""
    with ExitStack() as stack:
        docker = stack.enter_context(_docker_with(folder, models)) if engine == "docker" else None
        disk = stack.enter_context(_own_disk(folder / "disk"))
        place = disk or folder
        project = _make_project(place / "project")
        workspace = make_picture_workspace(project, place / "workspace", engine=engine, keep_warm=1, keep_cold=2)
        _stage(workspace, replicas)
        stack.callback(_clear_away, workspace, engine)
        _release(workspace, project, 1)
        load = stack.enter_context(load_on(_endpoint(workspace), noise("dark", seed=5)))
        stack.enter_context(approver(workspace.folder))
        _release(workspace, project, 2)
        yield World(workspace, project, load, disk, docker, replicas)


def _release(workspace: Workspace, project: Path, number: int) -> None:
    mltui = Mltui(project, workspace.folder)
    mltui("train", "--set", f"train.slope={number}", "--follow")
    mltui("approve", f"v{number}", "--follow")


def _make_project(folder: Path) -> Path:
    """Its train step has a parameter that changes nothing, so that no two runs have to be alike."""
    make_picture_project(folder)
    declared = folder / "mltui.toml"
    declared.write_text(declared.read_text().replace("slope = 4", "slope = 4, turn = 0"))
    commit(folder, "Count the turns")
    return folder


def _stage(workspace: Workspace, replicas: int) -> None:
    policy, rules = workspace.folder / "policy.toml", STAGED.format(replicas=replicas)
    rules += IN_STEPS if replicas > 1 else ""
    changed = policy.read_text().replace("[environments.production]\n", rules).replace('skip = ["profile"]\n', "")
    policy.write_text(changed)


def _endpoint(workspace: Workspace) -> str:
    known = environments.find(workspace.registry.read(), "production")
    assert known is not None
    return known.endpoint


def _clear_away(workspace: Workspace, engine: str) -> None:
    uuid, containers = workspace.uuid, workspace.engine(engine)
    put_away(workspace)
    containers.give_up_images(uuid)


@contextmanager
def _docker_with(folder: Path, models: int) -> Iterator[OwnDocker]:
    with ExitStack() as stack:
        images = stack.enter_context(built_images(folder / "builder", models=models))
        docker = stack.enter_context(own_docker())
        docker.load_images([BASE_IMAGE, *images])
        before = os.environ.get("DOCKER_HOST")
        stack.callback(_set_host, before)
        _set_host(docker.host)
        yield docker


def _set_host(host: str | None) -> None:
    if host is None:
        os.environ.pop("DOCKER_HOST", None)
    else:
        os.environ["DOCKER_HOST"] = host


@contextmanager
def _own_disk(folder: Path) -> Iterator[Path | None]:
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
