"""Environments with the rules that hold for them; in an emergency with defaults where the policy cannot be read."""

from __future__ import annotations

from mltui.domain.policy import EnvironmentPolicy, Policy
from mltui.errors import ConfigInvalid, NotFound
from mltui.operations.acting.worker_need import live_environments
from mltui.registry import deployments, environments
from mltui.worker.environments.endpoints import emergency_rules
from mltui.worker.environments.place import Place
from mltui.workspace import Workspace


def place_for_emergency(workspace: Workspace, name: str) -> Place:
    """A policy that cannot be read never blocks a rollback: engine and endpoint then come from what runs now."""
    known = environments.find(workspace.registry.read(), name)
    try:
        policy = workspace.policy()
        rules = policy.environments.get(name)
    except ConfigInvalid:
        policy, rules = None, None
    if rules is None and known is None:
        raise NotFound(f"there is no environment {name}", hint="mltui env list shows what there is")
    if rules is None:
        rules = emergency_rules(workspace, known)
    return Place(workspace, name, rules, _engine_name(workspace, name, policy, rules))


def live_places(workspace: Workspace) -> list[Place]:
    return [place_for_emergency(workspace, each.name) for each in live_environments(workspace)]


def _engine_name(workspace: Workspace, name: str, policy: Policy | None, rules: EnvironmentPolicy) -> str:
    conn = workspace.registry.read()
    known = environments.find(conn, name)
    live = (
        deployments.find(conn, known.deployment_id) if known is not None and known.deployment_id is not None else None
    )
    if live is not None:
        return live.engine
    if rules.engine != "default":
        return rules.engine
    return policy.engine if policy is not None else "docker"
