"""Endpoints: settled when a gateway starts, guarded as the policy says, and asked as a user would ask them."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import stat
from dataclasses import replace
from pathlib import Path

from mltui.domain.certificate import first_certificate, validity
from mltui.domain.deployment import Environment
from mltui.domain.policy import EnvironmentPolicy, Tls
from mltui.errors import ConfigInvalid, Unreachable
from mltui.operations.environments.endpoint_guard import Guard, read_guard, require_valid
from mltui.registry import deployments, environments, events
from mltui.serving.admin import CertificateNotTaken, GatewayAdmin, GatewayUnreachable
from mltui.serving.client import PredictionClient
from mltui.serving.gateway import GatewayGuard
from mltui.worker.journal import WORKER
from mltui.workspace import Workspace

PEM_FILE = "endpoint.pem"
TOKEN_FILE = "endpoint.token"

log = logging.getLogger("mltui.worker")


def settle(workspace: Workspace, name: str, rules: EnvironmentPolicy, *, reader: int) -> Environment:
    """The environment with its endpoint, and its guard laid beside the gateway's file, which `reader` (uid) may read.

    A free port is taken once and kept. Files that cannot be read any more leave the guard that was laid the last time;
    raises `ConfigInvalid` where there is none.
    """
    known = environments.find(workspace.registry.read(), name) or Environment(name=name)
    guard = _guard(workspace, known, rules)
    folder = workspace.sockets_folder / name
    _lay(folder / PEM_FILE, guard.pem, reader)
    _lay(folder / TOKEN_FILE, guard.token.encode(), reader)
    settled = replace(
        known,
        endpoint=_endpoint(known, rules.listen),
        is_encrypted=bool(guard.pem),
        asks_token=bool(guard.token),
    )
    if settled == known:
        return known
    with workspace.registry.write() as tx:
        latest = environments.find(tx, name) or known
        now = workspace.now()
        settled = replace(
            latest,
            endpoint=settled.endpoint,
            is_encrypted=settled.is_encrypted,
            asks_token=settled.asks_token,
            endpoint_since=now,
        )
        data = {"environment": name, "url": settled.url, "guard": _words(settled)}
        events.append(tx, "EndpointSettled", name, data, actor=WORKER, at=now)
        return environments.save(tx, settled)


def emergency_rules(workspace: Workspace, known: Environment | None) -> EnvironmentPolicy:
    """Where the policy cannot be read: endpoint and gateway as they are now, guarded by what was laid for it."""
    if known is None or not known.endpoint:
        return EnvironmentPolicy()
    live = None if known.deployment_id is None else deployments.find(workspace.registry.read(), known.deployment_id)
    folder = workspace.sockets_folder / known.name
    pem = str(folder / PEM_FILE)
    return EnvironmentPolicy(
        listen=known.endpoint,
        tls=Tls(pem, pem) if known.is_encrypted else None,
        token_file=str(folder / TOKEN_FILE) if known.asks_token else None,
        replicas=1 if live is None else live.replicas,
        sticky_header=known.sticky_header,
        metrics=known.metrics_endpoint or None,
    )


def gateway_guard(workspace: Workspace, known: Environment) -> GatewayGuard:
    """What the gateway's file says of the guard that was laid; the token stands there as its hash."""
    token = _laid(workspace, known).token
    return GatewayGuard(
        certificate=f"{known.name}/{PEM_FILE}" if known.is_encrypted else None,
        authorization_sha256=hashlib.sha256(f"Bearer {token}".encode()).hexdigest() if known.asks_token else None,
    )


def renew_certificate(workspace: Workspace, name: str, rules: EnvironmentPolicy, *, reader: int) -> None:
    """Has the running gateway show the certificate of the policy's files, where that is another than the laid one.

    Raises `ConfigInvalid` for one that cannot be used now, and `Unreachable` where the gateway does not take it; it
    then goes on with the one that it had. Whether there is TLS at all is settled at its start alone.
    """
    known = environments.find(workspace.registry.read(), name)
    if known is None or not known.is_encrypted or rules.tls is None:
        return
    pem, folder = read_guard(workspace.folder, name, rules).pem, workspace.sockets_folder / name
    if pem == (folder / PEM_FILE).read_bytes():
        return
    require_valid(pem, f"environments.{name}.tls: {rules.tls.certificate}", now=workspace.now())
    try:
        GatewayAdmin(folder).renew(gateway_guard(workspace, known).certificate or "", pem)
    except (CertificateNotTaken, GatewayUnreachable) as error:
        hint = f"mltui env stop {name} and env start take it"
        raise Unreachable(str(error), hint=hint, code="certificate_not_taken") from error
    write_private(folder / PEM_FILE, pem, reader)
    data = {"environment": name, "until": f"{validity(first_certificate(pem))[1]:%Y-%m-%d}"}
    with workspace.registry.write() as tx:
        events.append(tx, "CertificateRenewed", name, data, actor=WORKER, at=workspace.now())


def endpoint_client(workspace: Workspace, known: Environment, *, timeout_seconds: float) -> PredictionClient:
    guard = _laid(workspace, known)
    return PredictionClient.over_tcp(
        known.endpoint, timeout_seconds=timeout_seconds, pem=guard.pem or None, token=guard.token or None
    )


def write_private(path: Path, content: bytes, reader: int) -> None:
    """Replaces the file in one motion; `reader` and, in a shared workspace, the group may read it."""
    is_shared = path.parent.stat().st_mode & stat.S_IWGRP
    temporary = path.with_suffix(f"{path.suffix}.new")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    if os.geteuid() == 0:
        os.chown(temporary, reader, -1)
    temporary.chmod(0o660 if is_shared else 0o600)
    temporary.replace(path)


def _guard(workspace: Workspace, known: Environment, rules: EnvironmentPolicy) -> Guard:
    try:
        return read_guard(workspace.folder, known.name, rules)
    except ConfigInvalid as error:
        laid = _laid(workspace, known)
        if (rules.tls is not None and not laid.pem) or (rules.token_file is not None and not laid.token):
            raise
        log.warning("%s keeps the guard that it had: %s", known.name, error.message)
        return laid


def _laid(workspace: Workspace, known: Environment) -> Guard:
    folder = workspace.sockets_folder / known.name
    try:
        pem = (folder / PEM_FILE).read_bytes() if known.is_encrypted else b""
        return Guard(pem, (folder / TOKEN_FILE).read_text("ascii") if known.asks_token else "")
    except OSError as error:
        raise ConfigInvalid(
            f"what guards the endpoint of {known.name} cannot be read: {error}",
            hint=f"mltui env stop {known.name} and env start lay it down anew",
        ) from error


def _lay(path: Path, content: bytes, reader: int) -> None:
    if content:
        write_private(path, content, reader)
    else:
        path.unlink(missing_ok=True)


def _endpoint(known: Environment, listen: str) -> str:
    host, _, port = listen.rpartition(":")
    if port != "0":
        return listen
    return f"{host}:{known.endpoint.rpartition(':')[2] or free_port(host)}"


def _words(settled: Environment) -> str:
    guards = [*(["TLS"] if settled.is_encrypted else []), *(["a token"] if settled.asks_token else [])]
    return " and ".join(guards) or "no guard"


def free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if host.startswith("[") else socket.AF_INET) as probe:
        probe.bind((host.strip("[]"), 0))
        return int(probe.getsockname()[1])
