"""What keeps an approved version from being deployed now: a lock that somebody put on, a window that is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mltui.domain.approval import Refusal
from mltui.domain.deployment import Environment
from mltui.domain.policy import EnvironmentPolicy
from mltui.domain.window import DeployWindow


def holds(environment: Environment, rules: EnvironmentPolicy, *, now: datetime) -> Iterator[Refusal]:
    """Empty while the environment may be deployed to. A rollback asks none of this."""
    if environment.is_locked:
        yield Refusal(
            "locked",
            f"{environment.name} is locked by {environment.locked_by}: {environment.lock_reason}",
            f"mltui unlock {environment.name} ends that",
        )
    if rules.window is None:
        return
    window = DeployWindow.parse(rules.window)
    if not window.is_open(now):
        opens = f"{window.next_opening(now):%a %Y-%m-%d %H:%M} {window.zone}"
        yield Refusal(
            "outside_window",
            f"{environment.name} is deployed to in its window alone ({rules.window})",
            f"it opens {opens}",
        )
