"""Writes a request to move an environment's traffic down for the worker; one at a time in each environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.domain.deployment import Deployment, Environment
from mltui.domain.job import MOVES, Job, JobKind
from mltui.domain.names import version_name
from mltui.errors import Conflict, NotFound
from mltui.operations.acting.wake import wake_worker
from mltui.registry import Connection, deployments, environments, events, jobs
from mltui.workspace import Workspace


def request_move(
    workspace: Workspace,
    kind: JobKind,
    environment: str,
    payload: Mapping[str, Any],
    *,
    asked: str = "",
    actor: str | None = None,
) -> Job:
    """`asked` is the kind of the event that says so; for `actor`, and `leaving` in the payload, see `request_rollback`.

    Raises `Conflict` while another is under way; none waits for a share.
    """
    workspace.give_up_reserve()
    with workspace.registry.write() as tx:
        _refuse_second(tx, kind, environment)
        known = environments.find(tx, environment) or Environment(environment)
        require_still(known, _current(tx, known), payload.get("leaving"))
        at = workspace.now()
        login = workspace.actor.login if actor is None else actor
        job = jobs.add(tx, kind=kind, subject=environment, payload=payload, requested_by=login, at=at)
        if asked:
            data = {"environment": environment, **{key: str(value) for key, value in payload.items()}}
            events.append(tx, asked, environment, data, actor=actor or str(workspace.actor), at=at)
    wake_worker(workspace)
    return job


def require_environment(workspace: Workspace, environment: str) -> Environment:
    known = environments.find(workspace.registry.read(), environment)
    if known is None:
        raise NotFound(f"nothing was ever released to {environment}", hint="mltui env list shows what there is")
    return known


def _refuse_second(tx: Connection, kind: JobKind, environment: str) -> None:
    against = MOVES | {kind}
    for job in jobs.unfinished(tx):
        if job.kind in against and job.subject == environment:
            raise Conflict(
                f"a {job.kind.value} of {environment} by {job.requested_by} is under way",
                hint="wait for it; mltui worker status shows whether somebody is at it",
                code="under_way",
            )


def require_still(known: Environment, current: Deployment | None, leaving: int | None) -> None:
    """Raises `Conflict` where what is to be left does not answer, not even a part of the requests."""
    if leaving is not None and current is not None and leaving not in (current.id, *known.percents):
        raise Conflict(
            f"{version_name(current.version_id)} answers in {known.name} by now: somebody has moved it meanwhile",
            hint="look at it again",
            code="moved_meanwhile",
        )


def _current(conn: Connection, known: Environment) -> Deployment | None:
    return None if known.deployment_id is None else deployments.find(conn, known.deployment_id)
