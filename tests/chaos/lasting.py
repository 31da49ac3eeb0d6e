"""What goes wrong for a while: a lock, a full disk, and programs that are stopped and let go on again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from chaos.client import Client
from chaos.targets import GATEWAY, live_servers, programs, send
from chaos.world import World
from stories.shells import worker_pid
from stories.weather import full_disk

from mltui.processes import start_ticks

HOLD = """
import sqlite3, sys
registry = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
registry.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""

Struck = frozenset[str]
"""Containers that were killed: `d4.1`, `gateway-production`."""
NOTHING: Struck = frozenset()
Inflict = Callable[[World, Client], AbstractContextManager[Struck]]


@contextmanager
def locked(world: World, client: Client) -> Iterator[Struck]:
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
def disk_full(world: World, client: Client) -> Iterator[Struck]:
    assert world.disk is not None
    full_disk(world.disk)
    try:
        yield NOTHING
    finally:
        (world.disk / "filler").unlink()


@contextmanager
def worker_stopped(world: World, client: Client) -> Iterator[Struck]:
    pid = worker_pid(world.workspace)
    with _stopped(*(() if pid is None else (pid,))):
        yield NOTHING


@contextmanager
def gateway_hung(world: World, client: Client) -> Iterator[Struck]:
    with _stopped(*programs(world, GATEWAY)):
        yield NOTHING


@contextmanager
def live_server_hung(world: World, client: Client) -> Iterator[Struck]:
    """One of them."""
    with _stopped(*programs(world, live_servers(world)[0])):
        yield NOTHING


@contextmanager
def _stopped(*pids: int) -> Iterator[None]:
    """Those that were not ended meanwhile go on at the exit."""
    known = {pid: start_ticks(pid) for pid in pids}
    send(known, signal.SIGSTOP)
    try:
        yield
    finally:
        send((pid for pid, ticks in known.items() if ticks and start_ticks(pid) == ticks), signal.SIGCONT)
