"""Waits while an environment is locked or its window is closed; rollbacks do not come by here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mltui.domain.approval import Refusal
from mltui.domain.policy import EnvironmentPolicy
from mltui.operations.acting.policy_record import try_policy
from mltui.operations.environments.lock import holds_now
from mltui.registry import Connection, approvals
from mltui.worker.releases.release_work import ReleaseWork

TICK_SECONDS = 0.5


def await_permission(work: ReleaseWork, environment: str) -> bool:
    """Whether it had to wait; after that the policy is read anew, and what was proven before has to be proven again.

    What was approved before goes on after the lock, or when the window opens; until then it can be cancelled.
    """
    has_waited = False
    while is_held(work, environment):
        has_waited = True
        work.journal.check_cancelled()
        time.sleep(TICK_SECONDS)
    work.reread_policy()
    return has_waited


def is_held(work: ReleaseWork, environment: str) -> bool:
    """Whether it would have to wait; told once."""
    if _is_emergency(work, environment) or not (against := _against(work, environment)):
        return False
    _tell(work, environment, against[0].sentence)
    return True


def _is_emergency(work: ReleaseWork, environment: str) -> bool:
    decisions = approvals.of_release(work.workspace.registry.read(), work.release_id)
    return environment == work.goal and any(each.emergency for each in decisions)


def _against(work: ReleaseWork, environment: str) -> list[Refusal]:
    rules = _rules_now(work, environment)
    return holds_now(work.workspace.registry.read(), environment, rules, now=work.workspace.now())


def _tell(work: ReleaseWork, environment: str, reason: str) -> None:
    """Once: a release that stands still does not look like one that works."""

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        work.journal.event(tx, "DeployHeld", work.name, release=work.name, environment=environment, reason=reason)

    work.journal.note(f"{environment} held", commit)


def _rules_now(work: ReleaseWork, environment: str) -> EnvironmentPolicy:
    """A window that somebody widens lets through what waits for it."""
    policy, _ = try_policy(work.workspace)
    known = work.policy.environments[environment]
    return known if policy is None else policy.environments.get(environment, known)
