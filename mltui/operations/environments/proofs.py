"""What can be proven of a deployment without starting it: its files, its image, how its server stands. Reads only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread
from typing import Literal, TypeVar

from mltui.domain.deployment import Deployment, root_of
from mltui.domain.names import deployment_name, version_name
from mltui.engines.base import State
from mltui.errors import MltuiError, Unreachable
from mltui.registry import versions
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.workspace import Workspace

ENGINE_SECONDS = 2.0
"""An engine that takes longer to say how a container stands counts as one that does not answer."""

GLANCE_SECONDS = 1.0
"""The same for a server that runs, when it is asked if it is ready."""

Readiness = Literal["warm", "cold", "gone", "unknown"]
"""warm: its server runs; cold: its container is kept; gone: it is started anew; unknown: the engine does not say."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was looked at. The server's own smoke comes before the switch, when the worker starts it."""

    subject: str
    """files, smoke cases, image, server."""
    is_good: bool | None
    """None where it could not be told, or where the worker puts it right."""
    sentence: str


def file_proofs(workspace: Workspace, deployment: Deployment) -> list[Proof]:
    """Model and smoke cases, hashed again."""
    name = version_name(deployment.version_id)
    version = versions.find(workspace.registry.read(), deployment.version_id)
    if version is None:
        return [Proof("files", False, f"{name} is not in the registry")]
    return [
        _verified(workspace, "files", version.model, good=f"the model files of {name} are what their hashes say"),
        _verified(workspace, "smoke cases", version.smoke, good="its smoke cases are there"),
    ]


def _verified(workspace: Workspace, subject: str, tree: str, *, good: str) -> Proof:
    try:
        workspace.store.verify(tree)
    except MltuiError as error:
        return Proof(subject, False, error.message)
    except OSError as error:
        return Proof(subject, False, f"the store cannot be read: {error}")
    return Proof(subject, True, good)


def image_proof(workspace: Workspace, deployment: Deployment) -> Proof:
    try:
        is_there = _in_time(lambda: workspace.engine(deployment.engine).has_image(deployment.image_id))
    except MltuiError as error:
        return Proof("image", None, f"engine {deployment.engine}: {error.message}")
    if is_there:
        return Proof("image", True, "its image is there")
    return Proof("image", None, "its image is gone and would be built again first")


def server_proof(
    workspace: Workspace, deployment: Deployment, history: Sequence[Deployment]
) -> tuple[Proof, Readiness]:
    first = deployment_name(root_of(deployment, {each.id: each for each in history}).id)
    servers = [f"{first}.{number}" for number in range(1, deployment.replicas + 1)]
    names = [workspace.container_name(server) for server in servers]
    try:
        states = _in_time(lambda: {workspace.engine(deployment.engine).status(name).state for name in names})
    except MltuiError as error:
        return Proof("server", None, f"engine {deployment.engine}: {error.message}"), "unknown"
    is_running = states == {State.RUNNING}
    if is_running and any(hangs(workspace, server, seconds=GLANCE_SECONDS) for server in servers):
        told = f"its server runs and did not answer within {GLANCE_SECONDS:g} s; another is started where it hangs"
        return Proof("server", None, told), "unknown"
    if is_running:
        return Proof("server", True, "its server runs and can take over at once"), "warm"
    if states == {State.ABSENT}:
        return Proof("server", None, "its server is gone and would be started anew"), "gone"
    return Proof("server", None, "its server is stopped and would be started again"), "cold"


def hangs(workspace: Workspace, server: str, *, seconds: float) -> bool:
    """Whether it takes a connection and does not answer in time; where none listens, it does not."""
    began = time.monotonic()
    try:
        with PredictionClient.over_socket(workspace.sockets_folder / server, timeout_seconds=seconds) as client:
            client.ready()
    except ServerUnreachable:
        return time.monotonic() - began >= seconds
    return False


def _in_time(ask: Callable[[], Found]) -> Found:
    """Raises `Unreachable` when the engine takes too long; the question is then left to itself."""
    answers: Queue[Found | MltuiError] = Queue()

    def answer() -> None:
        try:
            answers.put(ask())
        except MltuiError as error:
            answers.put(error)
        except OSError as error:
            answers.put(Unreachable(f"it does not answer: {error}"))

    Thread(target=answer, name="engine question", daemon=True).start()
    try:
        found = answers.get(timeout=ENGINE_SECONDS)
    except Empty:
        raise Unreachable(f"it does not answer within {ENGINE_SECONDS:g} s", hint="is it running?") from None
    if isinstance(found, MltuiError):
        raise found
    return found
