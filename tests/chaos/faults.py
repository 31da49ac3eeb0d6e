"""What goes wrong: each fault strikes a world once, and lasts for as long as its block."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chaos.client import Client
from chaos.lasting import NOTHING, Inflict, Struck, disk_full, gateway_hung, live_server_hung, locked, worker_stopped
from chaos.targets import GATEWAY, idle_servers, live_servers, pids, running, send
from chaos.world import World
from stories.shells import worker_pid

Kill = Callable[[World, Client], Struck]


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    inflict: Inflict
    lasts: bool = False
    """Else it is over when it has struck."""
    may_lose: bool = False
    """The only server, or the gateway, is killed or falls silent: requests may be lost."""
    may_fail: bool = False
    """It ends containers that the work itself is about, so that this may fail."""


def faults_of(world: World) -> list[Fault]:
    """Those that can be inflicted on it."""
    alone = world.replicas == 1
    found = [
        *_KILLS,
        Fault("live server killed", _by(_kill_live_server), may_lose=alone),
        Fault("worker hung", _by(_hang_worker)),
        Fault("worker stopped", worker_stopped, lasts=True),
        Fault("gateway hung", gateway_hung, lasts=True, may_lose=True),
        Fault("live server hung", live_server_hung, lasts=True, may_lose=True, may_fail=True),
        Fault("registry locked", locked, lasts=True),
    ]
    if not alone:
        found.append(Fault("live servers killed", _by(_kill_live_servers), may_lose=True))
    if world.disk is not None:
        found.append(Fault("disk full", disk_full, lasts=True))
    return [*found, *(_OF_PROCESS if world.docker is None else _OF_DOCKER)]


def _by(kill: Kill) -> Inflict:
    @contextmanager
    def inflict(world: World, client: Client) -> Iterator[Struck]:
        yield kill(world, client)

    return inflict


def _kill_worker(world: World, client: Client) -> Struck:
    return _to_worker(world, signal.SIGKILL)


def _hang_worker(world: World, client: Client) -> Struck:
    """For good: somebody has to take over."""
    return _to_worker(world, signal.SIGSTOP)


def _to_worker(world: World, number: signal.Signals) -> Struck:
    send([worker_pid(world.workspace) or 0], number)
    return NOTHING


def _kill_client(world: World, client: Client) -> Struck:
    client.kill()
    return NOTHING


def _kill_worker_and_client(world: World, client: Client) -> Struck:
    client.kill()
    return _kill_worker(world, client)


def _kill_gateway(world: World, client: Client) -> Struck:
    return _kill_containers(world, GATEWAY)


def _kill_live_server(world: World, client: Client) -> Struck:
    """One of them."""
    return _kill_containers(world, live_servers(world)[0])


def _kill_live_servers(world: World, client: Client) -> Struck:
    return _kill_containers(world, *live_servers(world))


def _kill_other_servers(world: World, client: Client) -> Struck:
    return _kill_containers(world, *idle_servers(world))


def _kill_steps(world: World, client: Client) -> Struck:
    return _kill_containers(world, *(name for name in running(world) if name.startswith("run-")))


def _kill_containers(world: World, *names: str) -> Struck:
    """The program of each, and what stands over it in the container or beside it."""
    send([pid for name in names for pid in pids(world, name)], signal.SIGKILL)
    return frozenset(names)


def _kill_everything(world: World, client: Client) -> Struck:
    """As a machine that loses its power, save for the disk and the client."""
    _kill_worker(world, client)
    return _kill_containers(world, *running(world))


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
    Fault("other servers killed", _by(_kill_other_servers), may_fail=True),
    Fault("steps killed", _by(_kill_steps), may_fail=True),
)
_OF_PROCESS = (Fault("everything killed", _by(_kill_everything), may_lose=True, may_fail=True),)
_OF_DOCKER = (
    Fault("engine restarted", _by(_restart_engine), may_lose=True, may_fail=True),
    Fault("engine killed", _by(_kill_engine), may_lose=True, may_fail=True),
)
