"""Terminals as they are met: few colours or none, within screen and tmux, of any size, resized while it is open."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui.pty_log import RawTerminal, raw_terminal
from tui.scene_once import copy_of_scene

TERMS = {
    "xterm": {"TERM": "xterm"},
    "256 colours": {"TERM": "xterm-256color"},
    "screen": {"TERM": "screen", "STY": "1.pts"},
    "tmux": {"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"},
    "no colour": {"TERM": "xterm-256color", "NO_COLOR": "1"},
    "true colour": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
}
SIZES = ((40, 12), (60, 16), (132, 43), (200, 60))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_scene(tmp_path_factory, tmp_path_factory.mktemp("scene"))


@contextmanager
def opened(folder: Path, size: tuple[int, int], env: Mapping[str, str]) -> Iterator[RawTerminal]:
    words = [sys.executable, "-m", "tui.open_scene", str(folder), "ann"]
    path = os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")])
    with raw_terminal(words, directory=folder, size=size, env={"PYTHONPATH": path, **env}) as terminal:
        yield terminal


@pytest.mark.parametrize("env", TERMS.values(), ids=TERMS)
def test_it_is_at_home_in_a_terminal(folder: Path, env: Mapping[str, str]) -> None:
    with opened(folder, (80, 24), {"COLORTERM": "", **env}) as terminal:
        terminal.await_text("tacos  › Overview", "✓ v3 in production", "r5  v5 to production")
        terminal.press("3")
        terminal.await_text("› Versions", "v6", "v4")
        terminal.press("q")
        assert terminal.process.wait(10) == 0
    assert b"\x1b[?1049l" in terminal.raw, "the screen before it is brought back"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_its_header_can_be_read_at_any_size(folder: Path, size: tuple[int, int]) -> None:
    with opened(folder, size, {}) as terminal:
        shown = terminal.await_text("Overview", "v3 in production")
        assert "tacos" in shown.splitlines()[0]
        for key in "23456":
            terminal.press(key)
            terminal.await_answer()
            assert "A fault of mltui" not in terminal.text


def test_it_follows_when_it_is_resized(folder: Path) -> None:
    with opened(folder, (120, 40), {"COLUMNS": "", "LINES": ""}) as terminal:
        terminal.await_text("› Overview", "v3 in production")
        for columns, rows in ((40, 12), (200, 60), (80, 24)):
            terminal.resize(columns, rows)
            terminal.await_that(
                lambda text, rows=rows: "tacos" in text.split("\n")[0] and "Quit" in text.split("\n")[rows - 1],
                what=f"header and footer at {columns}x{rows}",
                seconds=10,
            )
        terminal.press("q")
        assert terminal.process.wait(10) == 0
