"""Waits while an environment is locked or its window is closed; rollbacks do not come by here."""

from __future__ import annotations

import time

from mltui.domain.policy import EnvironmentPolicy
from mltui.operations.lock import holds_now
from mltui.operations.policy_record import try_policy
from mltui.registry import approvals
from mltui.worker.release_work import ReleaseWork

TICK_SECONDS = 0.5


def await_permission(work: ReleaseWork) -> None:
    """What was approved before goes on after the lock, or when the window opens; until then it can be cancelled."""
    decisions = approvals.of_release(work.workspace.registry.read(), work.release_id)
    if any(each.emergency for each in decisions):
        return
    while holds_now(work.workspace.registry.read(), work.goal, _rules_now(work), now=work.workspace.now()):
        work.journal.check_cancelled()
        time.sleep(TICK_SECONDS)


def _rules_now(work: ReleaseWork) -> EnvironmentPolicy:
    """A window that somebody widens lets through what waits for it."""
    policy, _ = try_policy(work.workspace)
    return work.rules if policy is None else policy.environments.get(work.goal, work.rules)
