"""Reads the policy: for an act, with a change of it on record, or as far as it can be read."""

from __future__ import annotations

from mltui.config.policy import POLICY_FILE
from mltui.domain.policy import Policy, last_environment
from mltui.errors import MltuiError
from mltui.operations.acting.listeners import begin_telling
from mltui.registry import events, meta
from mltui.workspace import Workspace

KEY = "policy"


def policy_on_record(workspace: Workspace) -> Policy:
    """Raises `ConfigInvalid`. A policy not seen before goes into the store, and its digest into the history."""
    policy = workspace.policy()
    digest = workspace.store.put_bytes((workspace.folder / POLICY_FILE).read_bytes())
    if meta.get(workspace.registry.read(), KEY) != digest:
        with workspace.registry.write() as tx:
            meta.put(tx, KEY, digest)
            data = {"policy": digest}
            actor, at = str(workspace.actor), workspace.now()
            events.append(tx, "PolicyChanged", workspace.project_name, data, actor=actor, at=at)
            begin_telling(tx, policy)
    return policy


def try_policy(workspace: Workspace) -> tuple[Policy | None, str]:
    """The policy, or None and why it cannot be read."""
    try:
        return workspace.policy(), ""
    except MltuiError as error:
        return None, error.message


def least_harm(workspace: Workspace) -> float:
    """Of the environment where releases lead; 0 where no policy can be read."""
    policy, _ = try_policy(workspace)
    last = None if policy is None else last_environment(policy)
    return 0.0 if policy is None or last is None else policy.environments[last].least_harm
