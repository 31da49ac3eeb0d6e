"""What is told of a server that runs, before anything moves."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from operations.test_rollback_plan import released
from registry.registry_values import later

from mltui.domain.deployment import DeploymentState
from mltui.engines.base import State, Status
from mltui.operations.environments.proofs import hangs, server_proof
from mltui.workspace import Workspace

READY = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{"ready":true}'


class _Running:
    def status(self, name: str) -> Status:
        return Status(name, State.RUNNING)


@contextmanager
def listening(workspace: Workspace, server: str, answer: bytes) -> Iterator[None]:
    """Takes one connection, and says nothing where `answer` is empty."""
    folder = workspace.sockets_folder / server
    folder.mkdir(parents=True)
    before = os.getcwd()
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.sock")
        os.chdir(before)
        listener.listen(1)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                if answer:
                    connection.sendall(answer)
                connection.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(10)


@pytest.mark.parametrize(
    ("answer", "is_good", "readiness"), [(READY, True, "warm"), (b"", None, "unknown")], ids=["ready", "hanging"]
)
def test_a_warm_server_is_asked_before_it_is_said_to_take_over(
    workspace: Workspace, answer: bytes, is_good: bool | None, readiness: str
) -> None:
    deployment = released(workspace, live_from=later(1), is_baked=True, state=DeploymentState.WARM)
    workspace._engines["process"] = _Running()  # type: ignore[assignment]
    with listening(workspace, "d1.1", answer):
        proof, found = server_proof(workspace, deployment, [deployment])
    assert (proof.is_good, found) == (is_good, readiness)


def test_where_nobody_listens_nothing_hangs(workspace: Workspace) -> None:
    assert not hangs(workspace, "d1.1", seconds=0.5)
