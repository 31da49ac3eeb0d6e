"""What is looked at: every screen and every dialog of the console in the scene, as text and as a picture."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text
from textual.pilot import Pilot

from mltui.errors import NotFound
from mltui.operations.standing.traffic_work import TrafficWork
from mltui.operations.workspaces.known_workspaces import KnownWorkspace
from mltui.tui.app import Console
from mltui.tui.dialogs.confirm import ConfirmDialog
from mltui.tui.dialogs.fault import FaultDialog
from mltui.tui.dialogs.work import WorkDialog
from mltui.tui.doorway import Doorway
from mltui.workspace import Workspace
from tui.pilots import console, settle, text_of

SIZES = ((80, 24), (120, 40))
FOLDER = Path(__file__).resolve().parent
SNAPSHOTS, PICTURES = FOLDER / "snapshots", FOLDER / "pictures"
PICTURED = ("overview", "version", "release", "compare")
"""Shown in the README."""
PICTURE_SIZE = SIZES[1]
RENEW = "uv run python tests/tui/renew_snapshots.py"
HOME = Path("/home/ann")
_LOOKS = 2


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    show: tuple[str, str] = ("overview", "")
    keys: tuple[str, ...] = ()
    act: str = ""
    """Carried out after the keys; the picture is of the dialog that it opens."""
    opens: Callable[[Console], object] | None = None
    """Pushes a dialog that no key opens by itself."""


def _not_begun(workspace: Workspace) -> TrafficWork:
    raise NotFound("nothing is under way")


def _work(app: Console) -> None:
    dialog = WorkDialog("Roll back", "rolling back production", _not_begun)
    app.push_screen(dialog)
    app.call_after_refresh(dialog.tell, [Text("✓ production answers from v1", "bold green")])


def _fault(app: Console) -> None:
    app.push_screen(FaultDialog(ZeroDivisionError("division by zero")))


def _train(app: Console) -> None:
    lines = ["commit 0123456789ab on main", "  Add pictures", "  by Bob <bob@example.org>", "from /home/bob/tacos"]
    app.push_screen(ConfirmDialog("Train", lines, yes="train it"))


SHOTS = (
    Shot("overview"),
    Shot("runs", ("runs", "")),
    Shot("run", ("run", "8")),
    Shot("run-failed", ("run", "5")),
    Shot("versions", ("versions", "")),
    Shot("versions-filtered", ("versions", ""), ("slash", "n", "i", "g", "h", "t")),
    Shot("version", ("version", "v4")),
    Shot("version-live", ("version", "v3"), ("tab", "tab", "tab")),
    Shot("compare", ("compare", "v4 v3")),
    Shot("thresholds", ("thresholds", "v4"), ("greater_than_sign", "right", "down")),
    Shot("thresholds-roc", ("thresholds", "v4"), ("greater_than_sign", "down", "right", "l")),
    Shot("take-threshold", ("thresholds", "v4"), ("right",), act="take_threshold"),
    Shot("bias", ("bias", "v4")),
    Shot("bias-heat", ("bias", "v4"), ("h",)),
    Shot("rows", ("rows", "v4 recall lighting dark")),
    Shot("mistakes", ("mistakes", "v4 recall lighting dark")),
    Shot("releases", ("releases", "")),
    Shot("release", ("release", "r5")),
    Shot("release-rejected", ("release", "r4")),
    Shot("release-succeeded", ("release", "r3"), ("end",)),
    Shot("environments", ("environments", "")),
    Shot("audit", ("audit", "")),
    Shot("event", ("audit", ""), ("enter",)),
    Shot("log-line", ("run", "5"), ("enter",)),
    Shot("help", ("version", "v4"), ("question_mark",)),
    Shot("palette", keys=("colon",)),
    Shot("go-to", keys=("g",)),
    Shot("approve", ("release", "r5"), act="approve"),
    Shot("reject", ("release", "r5"), act="reject"),
    Shot("break-glass", ("release", "r5"), act="break_glass"),
    Shot("acknowledge", ("release", "r3"), act="acknowledge"),
    Shot("go-on", ("release", "r5"), act="go_on"),
    Shot("roll-back", act="roll_back"),
    Shot("undo", act="undo"),
    Shot("stop", act="stop"),
    Shot("lock", act="lock"),
    Shot("unlock", act="unlock"),
    Shot("note", ("version", "v4"), act="note"),
    Shot("weights", act="share"),
    Shot("pin", ("version", "v4"), act="pin"),
    Shot("report", ("version", "v4"), act="report"),
    Shot("open-release", ("version", "v3"), act="release_version"),
    Shot("cancel", ("run", "8"), act="cancel"),
    Shot("commands", ("version", "v4"), act="copy_command"),
    Shot("train", opens=_train),
    Shot("work", opens=_work),
    Shot("fault", opens=_fault),
)
DOORS = ("doorway", "doorway-known")


@asynccontextmanager
async def taken(workspace: Workspace, shot: Shot, size: tuple[int, int]) -> AsyncIterator[Pilot[Any]]:
    """The console with everything painted; the environment names its workspace, so that commands need no path."""
    async with console(workspace, size=size, show=shot.show) as pilot:
        pilot.app.animation_level = "none"
        for key in shot.keys:
            await pilot.press(key)
            await settle(pilot)
        if shot.act or shot.opens is not None:
            await _at_rest(pilot)
        if shot.act:
            pilot.app.run_act(shot.act)  # type: ignore[attr-defined]
        if shot.opens is not None:
            shot.opens(pilot.app)  # type: ignore[arg-type]
        await _at_rest(pilot)
        yield pilot


async def _at_rest(pilot: Pilot[Any]) -> None:
    """Until two looks in a row see the same: what is read in a thread is painted later."""
    before, seen = "", 0
    for _ in range(100):
        await pilot.pause(0.03)
        await settle(pilot)
        now = text_of(pilot)
        seen = seen + 1 if now == before else 0
        if seen == _LOOKS:
            return
        before = now
    raise AssertionError(f"it goes on changing:\n{before}")


async def text_at(workspace: Workspace, shot: Shot, size: tuple[int, int]) -> str:
    async with taken(workspace, shot, size) as pilot:
        return text_of(pilot) + "\n"


async def picture_at(workspace: Workspace, shot: Shot) -> str:
    async with taken(workspace, shot, PICTURE_SIZE) as pilot:
        return _plain_svg(pilot.app.export_screenshot(title=""))


async def door_at(name: str, size: tuple[int, int]) -> str:
    known = [
        KnownWorkspace(HOME / "state" / "tacos", "tacos", "v3", ""),
        KnownWorkspace(HOME / "state" / "loans", "loans", "", ""),
        KnownWorkspace(HOME / "state" / "rents", "", "", "the registry cannot be read"),
    ]
    told = "there is no project here"
    app = Doorway(known if name == "doorway-known" else (), directory=HOME / "empty", problem=told)
    async with app.run_test(size=size) as pilot:
        await _at_rest(pilot)
        return text_of(pilot) + "\n"


def snapshot_file(name: str, size: tuple[int, int]) -> Path:
    return SNAPSHOTS / f"{name}-{size[0]}x{size[1]}.txt"


def _plain_svg(svg: str) -> str:
    """The same on every machine, small, and without a font from elsewhere."""
    for pattern, instead in (
        (r"@font-face\s*\{[^}]*\}", ""),
        (r"terminal-\d+", "t"),
        (r"Fira Code, ", ""),
        (r"(?s)<clipPath id=\"[^\"]*-line-\d+\">.*?</clipPath>", ""),
        (r" clip-path=\"[^\"]*-line-\d+\"", ""),
        (r" shape-rendering=\"crispEdges\"", ""),
        (r"<style>", "<style>rect { shape-rendering: crispEdges }"),
        (r"<text [^>]*>(&#160;)+</text>", ""),
        (r"&#160;", "\xa0"),
        (r"(?m)^[ \t]+", ""),
        (r"\n\s*\n+", "\n"),
    ):
        svg = re.sub(pattern, instead, svg)
    return svg


def text_in(svg: str) -> list[str]:
    """Line by line what a picture shows, from left to right, without spaces."""
    lines: dict[float, list[tuple[float, str]]] = {}
    for x, y, words in re.findall(r'<text class="[^"]*-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', svg):
        lines.setdefault(float(y), []).append((float(x), html.unescape(words)))
    return ["".join("".join(words for _, words in sorted(line)).split()) for _, line in sorted(lines.items())]
