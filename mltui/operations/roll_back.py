"""Asks for a rollback, an undo, a stop or a start of an environment. None of them asks a gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.domain.deployment import Deployment, Environment
from mltui.domain.job import Job, JobKind
from mltui.domain.names import version_name
from mltui.domain.rollback import candidates, target_for_version, undo_target
from mltui.errors import Conflict, NotFound, Refused
from mltui.operations.wake import wake_worker
from mltui.registry import Connection, deployments, environments, events, jobs
from mltui.workspace import Workspace


def request_rollback(
    workspace: Workspace,
    environment: str,
    *,
    reason: str,
    to_version: int | None = None,
    undo: bool = False,
    leaving: int | None = None,
    actor: str | None = None,
) -> Job:
    """Refuses at once where there is nothing to go to; the worker proves what is there before anything moves.

    `leaving` is the deployment that is to be left; raises `Conflict` where another answers by now, so that of two who
    roll back the same one the second does not go further back.
    `actor` is the worker where it asks by itself; else it is the person.
    """
    mode = "undo" if undo else "to" if to_version is not None else "rollback"
    _require_target(workspace, environment, mode=mode, to_version=to_version)
    payload: dict[str, Any] = {"mode": mode, "reason": reason}
    if to_version is not None:
        payload["version"] = to_version
    if leaving is not None:
        payload["leaving"] = leaving
    return _request(workspace, JobKind.ROLLBACK, environment, payload, actor=actor)


def request_stop(workspace: Workspace, environment: str, *, reason: str) -> Job:
    """From then on the endpoint answers 503."""
    if _require_environment(workspace, environment).is_stopped:
        raise Refused(
            f"{environment} is stopped already", hint=f"mltui env start {environment} ends it", code="already_stopped"
        )
    return _request(workspace, JobKind.STOP, environment, {"reason": reason})


def request_start(workspace: Workspace, environment: str) -> Job:
    if not _require_environment(workspace, environment).is_stopped:
        raise Refused(
            f"{environment} is not stopped", hint=f"mltui env show {environment} tells what answers", code="not_stopped"
        )
    return _request(workspace, JobKind.START, environment, {})


def _request(
    workspace: Workspace,
    kind: JobKind,
    environment: str,
    payload: Mapping[str, Any],
    *,
    actor: str | None = None,
) -> Job:
    workspace.give_up_reserve()
    with workspace.registry.write() as tx:
        under_way = [
            job
            for job in jobs.unfinished(tx)
            if job.kind in (JobKind.ROLLBACK, JobKind.STOP, JobKind.START) and job.subject == environment
        ]
        if under_way:
            raise Conflict(
                f"a {under_way[0].kind.value} of {environment} by {under_way[0].requested_by} is under way",
                hint="wait for it; mltui worker status shows whether somebody is at it",
                code="under_way",
            )
        require_still(_current(tx, environment), environment, payload.get("leaving"))
        at = workspace.now()
        login = workspace.actor.login if actor is None else actor
        job = jobs.add(tx, kind=kind, subject=environment, payload=payload, requested_by=login, at=at)
        if kind is JobKind.ROLLBACK:
            data = {"environment": environment, **{key: str(value) for key, value in payload.items()}}
            asked = "UndoRequested" if payload["mode"] == "undo" else "RollbackRequested"
            events.append(tx, asked, environment, data, actor=actor or str(workspace.actor), at=at)
    wake_worker(workspace)
    return job


def require_still(current: Deployment | None, environment: str, leaving: int | None) -> None:
    """Raises `Conflict` where another deployment than the one to be left answers."""
    if leaving is not None and current is not None and current.id != leaving:
        raise Conflict(
            f"{version_name(current.version_id)} answers in {environment} by now: somebody has moved it meanwhile",
            hint="look at it again",
            code="moved_meanwhile",
        )


def _current(conn: Connection, environment: str) -> Deployment | None:
    known = environments.find(conn, environment)
    return None if known is None or known.deployment_id is None else deployments.find(conn, known.deployment_id)


def _require_target(workspace: Workspace, environment: str, *, mode: str, to_version: int | None) -> None:
    _require_environment(workspace, environment)
    conn = workspace.registry.read()
    history, current = deployments.of_environment(conn, environment), _current(conn, environment)
    if current is None:
        raise Refused(f"nothing was ever live in {environment}", hint="release a version to it first", code="no_target")
    if mode == "to" and to_version is not None:
        from mltui.registry import versions

        if versions.find(conn, to_version) is None:
            raise NotFound(f"there is no {version_name(to_version)}", hint="mltui version list shows what there is")
        target_for_version(history, to_version, current=current)
    elif mode == "undo" and undo_target(history, current=current) is None:
        raise Refused(
            f"no rollback of {environment} is there to undo",
            hint="mltui rollback --to names a version",
            code="no_target",
        )
    elif mode == "rollback" and not any(each.is_good for each in candidates(history, current=current)):
        raise Refused(
            f"there is nothing to go back to in {environment}",
            hint=f"mltui env show {environment} lists what was there; mltui env stop {environment} ends the answers",
            code="no_target",
        )


def _require_environment(workspace: Workspace, environment: str) -> Environment:
    known = environments.find(workspace.registry.read(), environment)
    if known is None:
        raise NotFound(f"nothing was ever released to {environment}", hint="mltui env list shows what there is")
    return known
