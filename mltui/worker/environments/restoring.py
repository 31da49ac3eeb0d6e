"""The registry's side of a way back: a deployment that takes the place of an earlier one, with what is said of it."""

from __future__ import annotations

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.names import deployment_name, version_name
from mltui.registry import Connection, deployments, events
from mltui.worker.environments import traffic
from mltui.worker.environments.place import Place
from mltui.worker.journal import WORKER

_KEPT = ("environment", "version_id", "package", "image_id", "engine", "cpus", "memory_bytes", "replicas")


def commit_rollback(
    tx: Connection, place: Place, *, left: Deployment, target: Deployment, reason: str, actor: str = WORKER
) -> None:
    """In the caller's transaction: the target answers again, and the version that is left is withdrawn."""
    deployments.update(tx, left.id, withdrawn_reason=reason)
    names = _restore(tx, place, left=left, target=target)
    withdrawn, at = version_name(left.version_id), place.workspace.now()
    said = {"version": withdrawn, "environment": place.name, "reason": reason}
    events.append(tx, "VersionWithdrawn", withdrawn, said, actor=actor, at=at)
    events.append(tx, "RolledBack", place.name, {**names, "reason": reason}, actor=actor, at=at)


def commit_undo(tx: Connection, place: Place, *, left: Deployment, target: Deployment, actor: str) -> None:
    """In the caller's transaction: what was withdrawn answers again, and is fit again."""
    traffic.clear_withdrawal(tx, place, target.version_id)
    names = _restore(tx, place, left=left, target=target)
    events.append(tx, "RollbackUndone", place.name, names, actor=actor, at=place.workspace.now())


def _restore(tx: Connection, place: Place, *, left: Deployment, target: Deployment) -> dict[str, str]:
    """Names for what is said of it."""
    fields = {name: getattr(target, name) for name in _KEPT}
    at, state = place.workspace.now(), DeploymentState.STARTING
    restored = deployments.add(tx, **fields, state=state, created_at=at, restores_id=target.id)
    traffic.commit_switch(tx, place, restored, left=left, by_release=False)
    return {
        "environment": place.name,
        "left": deployment_name(left.id),
        "restored": deployment_name(restored.id),
        "version": version_name(target.version_id),
    }
