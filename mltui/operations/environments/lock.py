"""Locks an environment against deploys, and unlocks it. A rollback goes on all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from mltui.domain.approval import Refusal
from mltui.domain.deployment import Environment
from mltui.domain.holds import holds
from mltui.domain.policy import EnvironmentPolicy
from mltui.errors import Conflict, NotFound, Refused, UsageError
from mltui.operations.acting.policy_record import try_policy
from mltui.operations.acting.told import told
from mltui.registry import Connection, environments, events
from mltui.workspace import Workspace


def lock(workspace: Workspace, environment: str, *, reason: str) -> Environment:
    """Raises `Conflict` where somebody locked it already; works with a policy that cannot be read."""
    if not reason.strip():
        raise UsageError("a lock needs a reason", hint='for instance mltui lock "incident 14"')
    with told(workspace), workspace.registry.write() as tx:
        known = _require(tx, workspace, environment)
        if known.is_locked:
            raise Conflict(
                f"{environment} was locked by {known.locked_by} already: {known.lock_reason}",
                hint=f"mltui unlock {environment} ends that",
                code="already_locked",
            )
        locked = replace(known, locked_at=workspace.now(), locked_by=str(workspace.actor), lock_reason=reason)
        environments.save(tx, locked)
        _tell(tx, workspace, "DeploysLocked", environment, {"reason": reason})
    return locked


def unlock(workspace: Workspace, environment: str, *, reason: str = "") -> Environment:
    """Returns it as it was; raises `Refused` where it is not locked."""
    with told(workspace), workspace.registry.write() as tx:
        known = _require(tx, workspace, environment)
        if not known.is_locked:
            raise Refused(
                f"{environment} is not locked", hint=f"mltui env show {environment} tells more", code="not_locked"
            )
        environments.save(tx, replace(known, locked_at=None, locked_by=None, lock_reason=None))
        ended = f"{known.lock_reason}, by {known.locked_by}"
        _tell(tx, workspace, "DeploysUnlocked", environment, {"reason": reason or "no longer needed", "ended": ended})
    return known


def holds_now(conn: Connection, environment: str, rules: EnvironmentPolicy, *, now: datetime) -> list[Refusal]:
    """What keeps the environment from being deployed to."""
    return list(holds(environments.find(conn, environment) or Environment(environment), rules, now=now))


def _tell(tx: Connection, workspace: Workspace, kind: str, environment: str, data: Mapping[str, str]) -> None:
    said = {"environment": environment, **data}
    events.append(tx, kind, environment, said, actor=str(workspace.actor), at=workspace.now())


def _require(tx: Connection, workspace: Workspace, name: str) -> Environment:
    """One that the policy names may be locked before anything was ever released to it."""
    policy, _ = try_policy(workspace)
    known = environments.find(tx, name)
    if known is None and (policy is None or name not in policy.environments):
        raise NotFound(f"there is no environment {name}", hint="mltui env list shows what there is")
    return known or Environment(name)
