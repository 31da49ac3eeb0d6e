"""Text from outside reaches the terminal as text alone: from every field, on every screen, in every dialog."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.pty_log import RawTerminal, raw_terminal
from tui.scene import lay_scene

MARK = "Q7Z"
"""Stands in every foreign text, so that it can be seen that there was some."""
ATTACK = (
    "\x1b[31m\x1b[2J\x1b]0;OWNED\x07\x1b]52;c;T1dORUQ=\x07\x1b]8;;http://evil\x1b\\"
    "\x9b31m\x90q\x1bPq\x1b\\\r\x08\x7f[red]R[/red][@click=app.quit]C[/]\u202eB\u2066\u200bZ\u200d\ufeff"
)
LITERAL = f"{MARK}␛[31m␛[2J␛]0;OWNED␇"
"""How the beginning of each is seen."""
BAD = re.compile(rb"OWNED\x07|\x1b\]0;OWNED|\x1b\]52;c;T1dORUQ=|http://evil\x1b\\|\x90q|\xc2\x9b|\xc2\x90|\x1bPq")
UNSEEN = ("\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\x9b", "\x90")
SIZE = (200, 60)
PLACES = "123456"


SHORT = f"{MARK}\x1b[31m\u202e[red]"
"""For the names that stand in the header, beside where one is."""


def stained(text: str) -> str:
    return f"{text}{SHORT if text in ('tacos', 'ann') else MARK + ATTACK}{text}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("scene") / "tacos"
    lay_scene(place, say=stained).close()
    return place


@pytest.fixture
def opened(folder: Path, tmp_path: Path) -> Iterator[RawTerminal]:
    words = [sys.executable, "-m", "tui.open_scene", str(shutil.copytree(folder, tmp_path / "tacos")), stained("ann")]
    path = os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")])
    with raw_terminal(words, directory=tmp_path, size=SIZE, env={"PYTHONPATH": path}) as terminal:
        terminal.await_text("› Overview", "in production")
        yield terminal


def test_foreign_text_is_literal_on_every_screen(opened: RawTerminal) -> None:
    """Each list, what Enter opens from it, and each part that Tab brings up."""
    for place in PLACES:
        _look(opened, place)
        for keys in ("\r", "\t", "\t", "\t", "d", "\t", "C", "\x1b"):
            _look(opened, keys)
    _require_harmless(opened)


def test_foreign_text_is_literal_from_a_figure_down_to_its_rows(opened: RawTerminal) -> None:
    """Bars, heat, an intersection; the rows, one of them whole, and the gallery."""
    for keys in ("3", "\r", "B", "h", "]", "\r", "\r", "\x1b", "v", "]", "C", "\x1b"):
        _look(opened, keys)
    _require_harmless(opened)


def test_foreign_text_is_literal_in_every_dialog(opened: RawTerminal) -> None:
    _look(opened, "1")
    for act in ("b", "u", "S", "t", ":", "g"):
        _look(opened, act)
        _look(opened, "\x1b")
    _look(opened, "\r")  # the release that waits
    for act in ("a", "x", "p", "n", "C"):
        _look(opened, act)
        _look(opened, "\x1b")
    _look(opened, "2")
    for act in ("c", "e"):
        _look(opened, act)
        _look(opened, "\x1b")
    _look(opened, "3")
    for keys in ("/", "Q7Z", "\x1b", "\x1b"):
        _look(opened, keys)
    _require_harmless(opened)


def _look(opened: RawTerminal, key: str) -> None:
    opened.press(key)
    opened.await_answer(quiet_seconds=0.1, limit=0.7)
    assert opened.process.poll() is None, f"mltui ended after {key!r}:\n{opened.text}"
    assert "A fault of mltui" not in opened.text, f"after {key!r}:\n{opened.text}"
    seen = opened.text
    assert not [character for character in UNSEEN if character in seen], f"after {key!r}:\n{seen}"
    opened.seen.append(seen)


def _require_harmless(opened: RawTerminal) -> None:
    assert BAD.search(ATTACK.encode()), "this would find nothing"
    found = BAD.search(opened.raw)
    assert found is None, opened.raw[max(0, found.start() - 80) : found.end() + 20]
    everything = "\n".join(opened.seen)
    assert everything.count(MARK) > 20, everything
    assert LITERAL[:20] in everything
    assert "[red]R[/red]" in everything
    assert "[@click=app.quit]" in everything
