"""Versions as rows alone, with evaluations and files in the store, the first of them in production."""

from __future__ import annotations

import time
from typing import Any

from operations.gates import write_policy
from operations.test_compare import evaluation, version
from registry.registry_values import add_deployment, later
from textual.pilot import Pilot
from textual.screen import Screen

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.version import GroupFigure
from mltui.registry import environments
from mltui.workspace import Workspace
from tui.pilots import text_of

HOSTILE = "\x1b[31mred\x1b]0;title\x07 [bold]bold[/] ‮drow"


def told(pilot: Pilot[Any]) -> str:
    """What toasts say."""
    return " ".join(each.message for each in pilot.app._notifications)


async def painted(pilot: Pilot[Any]) -> str:
    """The text of a screen of parts, once all of them or its problem stand there."""
    until = time.monotonic() + 10
    while not is_painted(pilot.app.screen):
        assert time.monotonic() < until, "it is not painted"
        await pilot.pause(0.01)
    await pilot.pause()
    return text_of(pilot)


def is_painted(screen: Screen[Any]) -> bool:
    return bool(screen.query_one("#problem").display or screen.has_class("-read"))


def group(name: str, value: float, verdict: str = "within", **given: Any) -> GroupFigure:
    given = {"metric": "accuracy", "ratio": 1.0, "ratio_low": 0.9, "ratio_high": 1.1, **given}
    spread = given.pop("spread", 0.02)
    return GroupFigure(
        slice={"sex": name}, n=200, value=value, low=value - spread, high=value + spread, verdict=verdict, **given
    )


def three_versions(workspace: Workspace) -> None:
    """v1 is in production; v2 is better, v3 worse, and worse for one group."""
    write_policy(workspace)
    own = {"intervals": {"accuracy": (0.6, 0.8)}}
    better = {"intervals": {"accuracy": (0.85, 0.95)}}
    worse = {"intervals": {"accuracy": (0.4, 0.6)}}
    groups = (group("female", 0.75), group("male", 0.76))
    first = version(
        workspace, metrics={"accuracy": 0.75, "log_loss": 0.4}, table=evaluation(right=150), groups=groups, **own
    )
    version(
        workspace,
        metrics={"accuracy": 0.9, "log_loss": 0.5},
        table=evaluation(right=180),
        files={"train.py": b"a = 2\nb = '[bold]\x1b[31m'\n"},
        parameters={"train": {"parameters": {"seed": 2}}},
        **better,
    )
    version(
        workspace,
        metrics={"accuracy": 0.5, "log_loss": 0.45},
        table=evaluation(right=100),
        groups=(group("female", 0.4, "outside"), group("male", 0.77)),
        branch=HOSTILE,
        message=HOSTILE,
        classes=("[bold]a", HOSTILE),
        learning_curve=(),
        **worse,
    )
    with workspace.registry.write() as tx:
        live = add_deployment(tx, version_id=first.id, state=DeploymentState.LIVE, live_from=later(0))
        environments.save(tx, Environment("production", live.id, smoked_at=later(0), is_smoke_green=True))
