"""What a fault strikes: the worker, and the processes of a world's containers by the names that these bear."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from chaos.world import World
from stories.soundness import pids_of

from mltui.domain.deployment import DeploymentState
from mltui.engines.base import LABEL_WORKSPACE, State
from mltui.registry import deployments, environments
from mltui.worker.environments.servers import server_names

GATEWAY = "gateway-production"


def live_servers(world: World) -> tuple[str, ...]:
    """Of production, by the registry."""
    conn = world.workspace.registry.read()
    known = environments.find(conn, "production")
    assert known is not None
    assert known.deployment_id is not None
    live = deployments.find(conn, known.deployment_id)
    assert live is not None
    return server_names(world.workspace, live)


def idle_servers(world: World) -> list[str]:
    """Warm ones, and those on their way."""
    conn = world.workspace.registry.read()
    known = [
        each
        for environment in environments.list_environments(conn)
        for each in deployments.of_environment(conn, environment.name)
    ]
    idle = [each for each in known if each.state in (DeploymentState.WARM, DeploymentState.STARTING)]
    return [name for each in idle for name in server_names(world.workspace, each)]


def running(world: World) -> list[str]:
    found = world.engine.list({LABEL_WORKSPACE: world.workspace.uuid})
    mark = world.workspace.container_name("")
    return [status.name.removeprefix(mark) for status in found if status.state is State.RUNNING]


def pids(world: World, name: str) -> tuple[int, ...]:
    """What stands over its program in the container or beside it, then the program; nothing where it does not run."""
    with suppress(KeyError, FileNotFoundError):
        return pids_of(world.workspace, name) if world.docker is None else _pids_in_docker(world, name)
    return ()


def programs(world: World, name: str) -> tuple[int, ...]:
    return pids(world, name)[1:]


def _pids_in_docker(world: World, name: str) -> tuple[int, ...]:
    asked = subprocess.run(
        ["docker", "inspect", "--format", "{{.State.Pid}}", world.workspace.container_name(name)],
        capture_output=True,
        text=True,
    )
    first = next((pid for pid in map(int, asked.stdout.split()) if pid), None)
    return () if first is None else (first, *_children(first))


def _children(pid: int) -> tuple[int, ...]:
    return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        if pid > 0:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
