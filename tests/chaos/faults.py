"""What goes wrong: each fault strikes a world once, and lasts for as long as its block."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from chaos.client import Client
from chaos.world import World
from stories.shells import worker_pid
from stories.soundness import pids_of
from stories.weather import full_disk

from mltui.domain.deployment import DeploymentState
from mltui.engines.base import LABEL_WORKSPACE, State
from mltui.registry import deployments, environments
from mltui.worker.servers import server_names

HOLD = """
import sqlite3, sys
registry = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
registry.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""

Struck = frozenset[str]
"""Containers that were killed: `d4.1`, `gateway-production`."""
Inflict = Callable[[World, Client], AbstractContextManager[Struck]]
Kill = Callable[[World, Client], Struck]
NOTHING: Struck = frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    inflict: Inflict
    lasts: bool = False
    """Else it is over when it has struck."""
    may_lose: bool = False
    """The only server, or the gateway, is killed: requests may be lost."""
    may_fail: bool = False
    """It ends containers that the work itself is about, so that this may fail."""


def faults_of(world: World) -> list[Fault]:
    """Those that can be inflicted on it."""
    found = [*_KILLS, Fault("registry locked", _locked, lasts=True)]
    if world.disk is not None:
        found.append(Fault("disk full", _disk_full, lasts=True))
    return [*found, *(_OF_PROCESS if world.docker is None else _OF_DOCKER)]


def _by(kill: Kill) -> Inflict:
    @contextmanager
    def inflict(world: World, client: Client) -> Iterator[Struck]:
        yield kill(world, client)

    return inflict


def _kill_worker(world: World, client: Client) -> Struck:
    pid = worker_pid(world.workspace)
    if pid is not None:
        _kill(pid)
    return NOTHING


def _kill_client(world: World, client: Client) -> Struck:
    client.kill()
    return NOTHING


def _kill_worker_and_client(world: World, client: Client) -> Struck:
    client.kill()
    return _kill_worker(world, client)


def _kill_gateway(world: World, client: Client) -> Struck:
    return _kill_containers(world, "gateway-production")


def _kill_live_server(world: World, client: Client) -> Struck:
    return _kill_containers(world, live_server(world))


def live_server(world: World) -> str:
    """Of production, by the registry."""
    conn = world.workspace.registry.read()
    known = environments.find(conn, "production")
    assert known is not None
    assert known.deployment_id is not None
    live = deployments.find(conn, known.deployment_id)
    assert live is not None
    return server_names(world.workspace, live)[0]


def _kill_other_servers(world: World, client: Client) -> Struck:
    """Warm ones, and those on their way."""
    conn = world.workspace.registry.read()
    known = [
        each
        for environment in environments.list_environments(conn)
        for each in deployments.of_environment(conn, environment.name)
    ]
    idle = [each for each in known if each.state in (DeploymentState.WARM, DeploymentState.STARTING)]
    return _kill_containers(world, *(name for each in idle for name in server_names(world.workspace, each)))


def _kill_steps(world: World, client: Client) -> Struck:
    return _kill_containers(world, *(name for name in _running(world) if name.startswith("run-")))


def _running(world: World) -> list[str]:
    found = world.engine.list({LABEL_WORKSPACE: world.workspace.uuid})
    mark = world.workspace.container_name("")
    return [status.name.removeprefix(mark) for status in found if status.state is State.RUNNING]


def _kill_containers(world: World, *names: str) -> Struck:
    """The program of each, and what stands over it in the container or beside it."""
    for pid in [pid for name in names for pid in _pids(world, name)]:
        _kill(pid)
    return frozenset(names)


def _pids(world: World, what: str) -> tuple[int, ...]:
    with suppress(KeyError, FileNotFoundError):
        return pids_of(world.workspace, what) if world.docker is None else _pids_in_docker(world, what)
    return ()


def _pids_in_docker(world: World, what: str) -> tuple[int, ...]:
    name = world.workspace.container_name(what)
    asked = subprocess.run(["docker", "inspect", "--format", "{{.State.Pid}}", name], capture_output=True, text=True)
    return tuple(pid for pid in map(int, asked.stdout.split()) if pid)


def _kill(pid: int) -> None:
    if pid > 0:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _kill_everything(world: World, client: Client) -> Struck:
    """As a machine that loses its power, save for the disk and the client."""
    _kill_worker(world, client)
    return _kill_containers(world, *_running(world))


@contextmanager
def _locked(world: World, client: Client) -> Iterator[Struck]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(world.workspace.registry.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield NOTHING
    finally:
        holder.communicate("\n", timeout=30)


@contextmanager
def _disk_full(world: World, client: Client) -> Iterator[Struck]:
    assert world.disk is not None
    full_disk(world.disk)
    try:
        yield NOTHING
    finally:
        (world.disk / "filler").unlink()


def _restart_engine(world: World, client: Client) -> Struck:
    assert world.docker is not None
    world.docker.stop()
    world.docker.start()
    return NOTHING


def _kill_engine(world: World, client: Client) -> Struck:
    assert world.docker is not None
    world.docker.kill()
    world.docker.start()
    return NOTHING


_KILLS = (
    Fault("worker killed", _by(_kill_worker)),
    Fault("client killed", _by(_kill_client)),
    Fault("worker and client killed", _by(_kill_worker_and_client)),
    Fault("gateway killed", _by(_kill_gateway), may_lose=True),
    Fault("live server killed", _by(_kill_live_server), may_lose=True),
    Fault("other servers killed", _by(_kill_other_servers), may_fail=True),
    Fault("steps killed", _by(_kill_steps), may_fail=True),
)
_OF_PROCESS = (Fault("everything killed", _by(_kill_everything), may_lose=True, may_fail=True),)
_OF_DOCKER = (
    Fault("engine restarted", _by(_restart_engine), may_lose=True, may_fail=True),
    Fault("engine killed", _by(_kill_engine), may_lose=True, may_fail=True),
)
