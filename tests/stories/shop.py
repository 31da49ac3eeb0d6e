"""A workspace with a worker of its own and versions at the gate, taken from one to the other under load."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stories.loans import end
from stories.pictures import add_version, make_picture_project, make_picture_workspace, noise
from stories.soundness import await_that
from stories.switching import NEAR_SECONDS, Mltui, Ran, Story, Switch, load_on, slowness

from mltui.domain.deployment import DeploymentState
from mltui.operations.workspaces.audit import verify_history
from mltui.processes import start_ticks
from mltui.registry import deployments
from mltui.registry import worker as heartbeat
from mltui.workspace import Workspace

DWELL_SECONDS = NEAR_SECONDS + 0.5


@dataclass(frozen=True, slots=True)
class Shop:
    """v1 is in production, the others wait for a decision."""

    workspace: Workspace
    mltui: Mltui
    folder: Path

    @property
    def endpoint(self) -> str:
        endpoint: str = self.mltui("env", "show", "production").data["environment"]["endpoint"]
        return endpoint

    def states(self) -> list[DeploymentState]:
        return [each.state for each in deployments.of_environment(self.workspace.registry.read(), "production")]

    def kill_worker(self) -> None:
        beat = heartbeat.read(self.workspace.registry.read())
        assert beat is not None
        os.kill(beat.pid, signal.SIGKILL)
        await_that(lambda: start_ticks(beat.pid) != beat.start_ticks, what="the worker is gone")


@contextmanager
def open_shop(folder: Path, *, engine: str, versions: int, keep_warm: int = 1) -> Iterator[Shop]:
    """The first version is trained, the others differ from it in their models alone."""
    project = make_picture_project(folder / "project")
    workspace = make_picture_workspace(project, folder / "workspace", engine=engine, keep_warm=keep_warm)
    mltui = Mltui(project, workspace.folder)
    try:
        mltui("train", "--follow")
        for slope in range(1, versions):
            mltui("release", "open", f"v{add_version(workspace, slope=slope)}", "--follow")
        mltui("approve", "v1", "--follow")
        yield Shop(workspace, mltui, folder)
    finally:
        end(workspace)
        workspace.close()


def tell_warm_story(folder: Path, *, engine: str, requests: int) -> Story:
    """Deploy, rollback, deploy again with the worker killed in the middle, rollback, undo."""
    with open_shop(folder, engine=engine, versions=3) as shop:
        with load_on(shop.endpoint, noise("dark", seed=77), folder=folder, requests=requests) as load:
            time.sleep(DWELL_SECONDS)
            switches = (
                switch(shop, "deploy", "v1", "v2", "approve", "v2", "--follow"),
                switch(shop, "rollback", "v2", "v1", "rollback", "--reason", "it is wrong"),
                deploy_and_kill_worker(shop, "v1", "v3"),
                switch(shop, "second rollback", "v3", "v1", "rollback", "--reason", "it is wrong, too"),
                switch(shop, "undo", "v1", "v3", "rollback", "--undo"),
            )
        verify_history(shop.workspace)
    return Story(load, switches)


def tell_cold_story(folder: Path, *, engine: str, requests: int) -> Story:
    """A rollback to a version whose server is stopped."""
    with (
        open_shop(folder, engine=engine, versions=2, keep_warm=0) as shop,
        load_on(shop.endpoint, noise("dark", seed=77), folder=folder, requests=requests) as load,
    ):
        first = switch(shop, "deploy", "v1", "v2", "approve", "v2", "--follow")
        await_that(lambda: shop.states() == [DeploymentState.COLD, DeploymentState.LIVE], what="v1 is cold")
        second = switch(shop, "rollback", "v2", "v1", "rollback", "--reason", "it is wrong")
    return Story(load, (first, second))


def switch(shop: Shop, name: str, old: str, new: str, *words: str) -> Switch:
    slow = slowness()
    ran = shop.mltui(*words)
    time.sleep(DWELL_SECONDS)
    return Switch(name, ran, old, new, slow)


def deploy_and_kill_worker(shop: Shop, old: str, new: str) -> Switch:
    """The worker is killed while the new server starts; whoever follows the release starts the next worker."""
    slow, ran = slowness(), list[Ran]()
    thread = threading.Thread(target=lambda: ran.append(shop.mltui("approve", new, "--follow")))
    thread.start()
    await_that(lambda: DeploymentState.STARTING in shop.states(), what="the deploy has begun")
    shop.kill_worker()
    thread.join()
    time.sleep(DWELL_SECONDS)
    return Switch("deploy, worker killed", ran[0], old, new, slow)
