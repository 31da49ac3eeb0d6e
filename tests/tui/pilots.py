"""Consoles for tests: a workspace of rows alone, keys pressed, what stands on the screen as text."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from mltui.tui.app import Console
from mltui.workspace import Workspace

SMALL, LARGE = (80, 24), (160, 48)
TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""What screens are painted for; pictures need its colours."""


@asynccontextmanager
async def console(
    workspace: Workspace, *, size: tuple[int, int] = SMALL, show: tuple[str, str] = ("overview", "")
) -> AsyncIterator[Pilot[Any]]:
    app = Console(workspace, show=show, directory=Path.cwd())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot


async def settle(pilot: Pilot[Any]) -> None:
    """Until every reading is painted."""
    await pilot.pause()
    until = time.monotonic() + 10
    while any(each.group in ("read", "overview", "ask") and not each.is_finished for each in pilot.app.workers):
        assert time.monotonic() < until, "it goes on reading"
        await pilot.pause(0.01)
    await pilot.pause()


async def press(pilot: Pilot[Any], *keys: str) -> str:
    for key in keys:
        await pilot.press(key)
    await settle(pilot)
    return text_of(pilot)


def text_of(pilot: Pilot[Any]) -> str:
    """All of the screen as a person without colours sees it."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
