"""The traffic shared by keys, and versions kept by keys."""

from __future__ import annotations

from operations.test_share_traffic import live
from registry.registry_values import NOW, add_version

from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.operations.standing.state import version_state
from mltui.registry import jobs
from mltui.workspace import Workspace
from tui.pilots import LARGE, console, press
from tui.test_decisions import await_text, toasts

__all__ = ["live"]


async def test_the_traffic_is_asked_for_in_parts_and_confirmed(live: Workspace) -> None:
    async with console(live, show=("environments", ""), size=LARGE) as pilot:
        assert "goes to which version?" in await press(pilot, "W")
        await press(pilot, *"v2", "enter")
        assert "“v2” names no part of the traffic" in toasts(pilot)[-1]
        await press(pilot, "W", *"v4=80 v2=20", "enter")
        await await_text(pilot, "production: v4 80 %, v2 20 %")
        await pilot.press("enter")
        await await_text(pilot, "sharing production")
        (job,) = [each for each in jobs.unfinished(live.registry.read()) if each.kind is JobKind.SHARE]
        assert job.payload["percents"] == {"4": 80, "2": 20}
        shares = [{"version": "v4", "percent": 80}, {"version": "v2", "percent": 20}]
        with live.registry.write() as tx:
            jobs.set_state(tx, job.id, state=WorkState.SUCCEEDED, result={"shares": shares}, at=NOW)
        await await_text(pilot, "✓ production is answered by v4 80 %, v2 20 %")


async def test_a_version_is_pinned_with_a_reason_and_let_go_again(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        add_version(tx)
    async with console(workspace, show=("version", "v1"), size=LARGE) as pilot:
        await press(pilot, "P", *"the paper", "enter")
        await await_text(pilot, "◆ pinned by")
        pin = version_state(workspace, "v1").pin
        assert pin is not None
        assert pin.reason == "the paper"
        assert "the paper" in await press(pilot, "P")
        await press(pilot, "enter")
        assert toasts(pilot)[-1] == "v1 is no longer pinned"
    assert version_state(workspace, "v1").pin is None
