"""What has to hold of a workspace on the process engine after whatever happened to its workers."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stories.loans import answering

from mltui.domain.deployment import DeploymentState
from mltui.domain.event import Event
from mltui.engines.base import LABEL_WORKSPACE, State
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import deployments, environments, events
from mltui.serving.admin import GatewayUnreachable
from mltui.serving.client import ServerUnreachable
from mltui.worker.environments import gateways
from mltui.worker.environments.servers import server_names
from mltui.workspace import Workspace

_KEYS = ("stage", "step", "attempt", "deployment", "version", "restored", "evidence", "shares")
_MAY_HAPPEN_AGAIN = {
    "WorkerStarted",
    "WorkerStopped",
    "SmokeFailed",
    "SmokeRecovered",
    "PolicyChanged",
    "RequestTurnedStale",
    "RequestFreshAgain",
}


def assert_sound(workspace: Workspace) -> None:
    """The history is whole, each environment has one live deployment that answers, nothing runs off the record."""
    assert_history(workspace)
    for environment in environments.list_environments(workspace.registry.read()):
        _assert_one_answers(workspace, environment.name)
    found = workspace.engine("process").list({LABEL_WORKSPACE: workspace.uuid})
    assert {status.name for status in found} <= _names_on_record(workspace)
    assert {status.state for status in found} <= {State.RUNNING}
    assert strays(workspace) == {}


def assert_history(workspace: Workspace) -> None:
    """The chain verifies, and nothing that happens once is in it twice."""
    verify_history(workspace)
    found = [event for event in history(workspace) if event.kind not in _MAY_HAPPEN_AGAIN]
    identities = Counter((each.kind, each.subject, *(str(each.data.get(key)) for key in _KEYS)) for each in found)
    assert [identity for identity, count in identities.items() if count > 1] == []


def history(workspace: Workspace, *, after: int = 0) -> list[Event]:
    return events.list_events(workspace.registry.read(), after=after, limit=10_000)


def answer(workspace: Workspace, environment: str = "production") -> str:
    """As `answering`, and what was wrong when nobody answers."""
    try:
        return answering(workspace, environment)
    except ServerUnreachable as error:
        return str(error)


def is_in_line(workspace: Workspace, name: str) -> bool:
    """Whether the running gateway has the registry's servers with the registry's weights."""
    environment = environments.find(workspace.registry.read(), name)
    assert environment is not None
    wanted = {backend.name: backend.weight for backend in gateways.truth(workspace, environment)}
    try:
        weights = {state.name: state.weight for state in gateways.admin_of(workspace, name).servers()}
    except GatewayUnreachable:
        return False
    return {each: weight for each, weight in weights.items() if weight or each in wanted} == wanted


def strays(workspace: Workspace) -> dict[int, str]:
    """Processes that were started for this workspace and stand under no shim that the engine knows: pid → command."""
    known = {record["pid"] for record in _running_records(workspace).values()}
    mark = str(workspace.processes_folder)
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            environment = (folder / "environ").read_bytes().decode("utf-8", "replace")
            session = int((folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[3])
        except (OSError, IndexError):
            continue
        if (mark in command or mark in environment) and session not in known and int(folder.name) != os.getpid():
            found[int(folder.name)] = command
    return found


def pids_of(workspace: Workspace, what: str) -> tuple[int, int]:
    """Of the shim and of the program that `what` (`d1.1`, `gateway-production`, `run-1-train.1`) runs as."""
    record = _running_records(workspace)[workspace.container_name(what)]
    return int(record["pid"]), int(record["program_pid"])


def await_that(holds: Callable[[], bool], *, what: str, seconds: float = 60.0, pause: float = 0.02) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(pause)


def _assert_one_answers(workspace: Workspace, name: str) -> None:
    conn = workspace.registry.read()
    environment, known = environments.find(conn, name), deployments.of_environment(conn, name)
    assert environment is not None
    live = [each for each in known if each.state is DeploymentState.LIVE]
    assert [each.id for each in live] == [environment.deployment_id]
    assert answer(workspace, name) == f"v{live[0].version_id}"
    assert [each.id for each in known if each.state is DeploymentState.STARTING] == []
    assert is_in_line(workspace, name)


def _names_on_record(workspace: Workspace) -> set[str]:
    conn, names = workspace.registry.read(), set[str]()
    for environment in environments.list_environments(conn):
        names.add(workspace.container_name(f"gateway-{environment.name}"))
        for deployment in deployments.of_environment(conn, environment.name):
            if deployment.state in (DeploymentState.LIVE, DeploymentState.CANARY, DeploymentState.WARM):
                names.update(workspace.container_name(each) for each in server_names(workspace, deployment))
    return names


def _running_records(workspace: Workspace) -> dict[str, dict[str, Any]]:
    paths = workspace.processes_folder.glob("*/running.json")
    return {path.parent.name: json.loads(path.read_text()) for path in paths}
