"""What answers in an environment, now or at a past time. Reads only; imports no more than a quick answer needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mltui.domain.deployment import Environment
from mltui.errors import NotFound
from mltui.operations.standing.answering import EnvironmentDetail, answering, origin_of
from mltui.registry import Connection, deployments, environments

if TYPE_CHECKING:
    from datetime import datetime

    from mltui.workspace import Workspace


def which(workspace: Workspace, environment: str, *, at: datetime | None = None) -> EnvironmentDetail:
    """What answers in the environment now, or answered at a time."""
    conn = workspace.registry.read()
    known = _require(conn, environment)
    if at is not None:
        from mltui.operations.standing import past

        return past.which_at(conn, known, at)
    live = None if known.deployment_id is None or known.is_stopped else deployments.find(conn, known.deployment_id)
    origin = None if live is None else origin_of(conn, live)
    return EnvironmentDetail(known, live, answering(conn, known), origin=origin)


def environment_state(workspace: Workspace, environment: str, *, at: datetime | None = None) -> EnvironmentDetail:
    """With the whole history of its deployments, the newest first; up to a time those that were there then."""
    found, conn = which(workspace, environment, at=at), workspace.registry.read()
    known = tuple(reversed(deployments.of_environment(conn, environment)))
    if at is not None:
        from mltui.operations.standing.past_deployments import deployments_at

        known = tuple(deployments_at(conn, environment, known, at))
    return replace(found, history=known)


def _require(conn: Connection, environment: str) -> Environment:
    known = environments.find(conn, environment)
    if known is None:
        raise NotFound(f"nothing was ever released to {environment}", hint="mltui env list shows what there is")
    return known
