"""Talks to a running gateway: which servers it has, how the requests are spread over them, and how one leaves."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from mltui.serving import gateway
from mltui.serving.folder import OpenFolder
from mltui.serving.gateway import ADMIN_SOCKET, Backend, ServerState, deployment_of

COMMAND_SECONDS = 5.0
REMOVAL_SECONDS = 5.0
"""From the end of a server's sessions to its removal; idle connections to it are closed in between."""
POLL_SECONDS = 0.02
COMPANY_SECONDS = 5.0
"""How long a deployment of which one server is up is given for its others."""


class GatewayUnreachable(Exception):
    """The admin socket is not there, does not answer, or answers what no gateway says."""


class BackendNotUp(Exception):
    """The gateway did not take a server, or does not see it pass its health check, or cannot let go of it."""


class CertificateNotTaken(Exception):
    """The gateway shows the one that it had."""


class GatewayAdmin:
    """The admin socket in an environment's folder, whose name is the environment's. Every method may be repeated."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.environment = folder.name

    def is_answering(self) -> bool:
        try:
            self.servers()
        except GatewayUnreachable:
            return False
        return True

    def servers(self) -> list[ServerState]:
        """Raises `GatewayUnreachable`, as every method here."""
        try:
            return gateway.parse_servers(self.command(gateway.show_servers(self.environment)))
        except ValueError as error:
            raise GatewayUnreachable(str(error)) from error

    def shift(self, backends: Sequence[Backend], *, timeout_seconds: float) -> None:
        """Spreads the requests as `backends` say; servers that are not named get none.

        Servers that are not known yet are added first. No weight changes before those that are to have one are up:
        one of each deployment at least, of which the gateway keeps to what is up, and the others within
        `COMPANY_SECONDS`. Past the timeout it raises `BackendNotUp`, and the requests run as before.
        """
        self._add(backends)
        loaded = [backend for backend in backends if backend.weight > 0]
        self._enable(loaded)
        if not self._wait(lambda: not self._late(loaded), min(timeout_seconds, COMPANY_SECONDS)):
            self._await_one_of_each(loaded, timeout_seconds)
        weights = {state.name: 0 for state in self.servers()} | {each.name: each.weight for each in backends}
        rising_first = sorted(weights.items(), key=lambda item: item[1], reverse=True)
        self._command(gateway.together(gateway.weigh(self.environment, *item) for item in rising_first))
        self._check_weights(weights)

    def introduce(self, backend: Backend, *, timeout_seconds: float) -> None:
        """Makes a server known, without weight where it is new, and waits until it is up; else `BackendNotUp`."""
        self._add([backend])
        self._enable([backend])
        if not self._wait(lambda: not self._late([backend]), timeout_seconds / 3):
            self._add_anew(backend)
        self._await_one_of_each([backend], timeout_seconds)

    def remove(self, name: str, *, drain_seconds: float) -> None:
        """Lets a server finish what it has, at most so long, and forgets it; one that is not known is no error."""
        if self._find(name) is None:
            return
        self._command(gateway.drain(self.environment, name))
        self._wait(lambda: self._has_no_sessions(name), drain_seconds)
        self._command(gateway.maintain(self.environment, name))
        self._command(gateway.end_sessions(self.environment, name))
        if not self._wait(lambda: self._is_deleted(name), REMOVAL_SECONDS):
            raise BackendNotUp(f"the gateway still has connections to {name}")

    def renew(self, certificate: str, pem: bytes) -> None:
        """Shows another certificate from now on, by the path of the one in its file; connections go on with theirs.

        Raises `CertificateNotTaken`.
        """
        hand_over, put_in_place = gateway.renew(certificate, pem)
        said = self._command(hand_over)
        if "Transaction created" in said or "Transaction updated" in said:
            said = self._command(put_in_place)
        if not said.endswith("Success!"):
            raise CertificateNotTaken(f"the gateway of {self.environment} did not take the certificate: {said[:200]}")

    def command(self, line: str) -> str:
        """The gateway's answer to one line of its admin language."""
        try:
            with closing(OpenFolder(self._folder)) as folder, socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(COMMAND_SECONDS)
                connection.connect(folder.path(ADMIN_SOCKET))
                connection.sendall(line.encode() + b"\n")
                return _read_to_end(connection)
        except OSError as error:
            raise GatewayUnreachable(f"the gateway of {self.environment} does not answer: {error}") from error

    def _command(self, line: str) -> str:
        return self.command(line).strip()

    def _add(self, backends: Sequence[Backend]) -> None:
        known = {state.name for state in self.servers()}
        missing = [backend for backend in backends if backend.name not in known]
        said = [self._command(gateway.add(self.environment, backend)) for backend in missing]
        self._enable(missing)
        known = {state.name for state in self.servers()}
        for backend, words in zip(missing, said, strict=True):
            if backend.name not in known:
                raise BackendNotUp(f"the gateway did not take {backend.name}: {words}")

    def _add_anew(self, backend: Backend) -> None:
        """Its health checks begin from the start; one that has weight stays as it is."""
        state = self._find(backend.name)
        if state is not None and state.weight == 0:
            self.remove(backend.name, drain_seconds=0)
            self._add([backend])

    def _enable(self, backends: Sequence[Backend]) -> None:
        if backends:
            self._command(gateway.together(gateway.enable(self.environment, each.name) for each in backends))

    def _await_one_of_each(self, backends: Sequence[Backend], timeout_seconds: float) -> None:
        """Returns when no deployment among them is without a server that is up."""
        if not self._wait(lambda: not self._without_any(backends), timeout_seconds):
            late = "; ".join(f"{name} ({health})" for name, health in self._without_any(backends).items())
            raise BackendNotUp(f"no health check of the gateway passed within {timeout_seconds:g} s: {late}")

    def _late(self, backends: Sequence[Backend]) -> dict[str, str]:
        """Those that are not up, and why; what the gateway has forgotten, as by a restart, it is told again."""
        known = {state.name: state for state in self.servers()}
        if any(backend.name not in known for backend in backends):
            self._add(backends)
            known = {state.name: state for state in self.servers()}
        states = ((each.name, known.get(each.name)) for each in backends)
        return {name: state.health if state else "not known" for name, state in states if not (state and state.is_up)}

    def _without_any(self, backends: Sequence[Backend]) -> dict[str, str]:
        """As `_late`, of the deployments that have no server up."""
        late = self._late(backends)
        answering = {deployment_of(each.name) for each in backends if each.name not in late}
        return {name: health for name, health in late.items() if deployment_of(name) not in answering}

    def _check_weights(self, wanted: dict[str, int]) -> None:
        found = {state.name: state.weight for state in self.servers()}
        wrong = sorted(name for name, weight in wanted.items() if found.get(name, 0) != weight)
        if wrong:
            raise BackendNotUp(f"the gateway did not take the weight of {', '.join(wrong)}")

    def _find(self, name: str) -> ServerState | None:
        return next((state for state in self.servers() if state.name == name), None)

    def _has_no_sessions(self, name: str) -> bool:
        state = self._find(name)
        return state is None or state.sessions == 0

    def _is_deleted(self, name: str) -> bool:
        self._command(gateway.delete(self.environment, name))
        return self._find(name) is None

    def _wait(self, is_done: Callable[[], bool], timeout_seconds: float) -> bool:
        """A gateway that starts anew meanwhile is waited for as well."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                if is_done():
                    return True
            except GatewayUnreachable:
                if time.monotonic() >= deadline:
                    raise
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)


def _read_to_end(connection: socket.socket) -> str:
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")
