"""Asks for a rollback, an undo, a stop or a start of an environment. None of them asks a gate."""

from __future__ import annotations

from typing import Any

from mltui.domain.job import Job, JobKind
from mltui.domain.names import version_name
from mltui.domain.rollback import candidates, target_for_version, undo_target
from mltui.errors import NotFound, Refused
from mltui.operations.environments.request_move import request_move, require_environment
from mltui.registry import deployments
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
    asked = "UndoRequested" if undo else "RollbackRequested"
    return request_move(workspace, JobKind.ROLLBACK, environment, payload, asked=asked, actor=actor)


def request_stop(workspace: Workspace, environment: str, *, reason: str) -> Job:
    """From then on the endpoint answers 503."""
    if require_environment(workspace, environment).is_stopped:
        raise Refused(
            f"{environment} is stopped already", hint=f"mltui env start {environment} ends it", code="already_stopped"
        )
    return request_move(workspace, JobKind.STOP, environment, {"reason": reason})


def request_start(workspace: Workspace, environment: str) -> Job:
    if not require_environment(workspace, environment).is_stopped:
        raise Refused(
            f"{environment} is not stopped", hint=f"mltui env show {environment} tells what answers", code="not_stopped"
        )
    return request_move(workspace, JobKind.START, environment, {})


def _require_target(workspace: Workspace, environment: str, *, mode: str, to_version: int | None) -> None:
    known, conn = require_environment(workspace, environment), workspace.registry.read()
    history = deployments.of_environment(conn, environment)
    current = next((each for each in history if each.id == known.deployment_id), None)
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
    elif (
        mode == "rollback"
        and not known.shares
        and not any(each.is_good for each in candidates(history, current=current))
    ):
        raise Refused(
            f"there is nothing to go back to in {environment}",
            hint=f"mltui env show {environment} lists what was there; mltui env stop {environment} ends the answers",
            code="no_target",
        )
