from __future__ import annotations

import random

import pyte
import pytest
from rich.cells import set_cell_size
from rich.color import ColorSystem
from rich.style import Style

from mltui.tui.shown import Shown
from mltui.workspace import Workspace
from tui.pilots import console, press

COLUMNS, ROWS = 60, 8
STYLES = ("", "red", "bold", "underline", "reverse on blue", "rgb(1,2,3) on rgb(9,8,7)", "dim on color(233)")
TEXTS = (" " * 30, "accuracy 0.91", "─╭▌", "漢字", "e\u0301te\u0301", " ", "x", "line 12: loss 0.3", " " * 5)


def frame(chance: random.Random) -> str:
    """Pieces of a screen as Textual writes them: none reaches over the edge or covers half of a wide character."""
    pieces = []
    for _ in range(chance.randint(1, 12)):
        row, column = chance.randint(1, ROWS), chance.choice((1, 21, 41))
        style = Style.parse(chance.choice(STYLES))
        text = style.render(set_cell_size(chance.choice(TEXTS), 20), color_system=ColorSystem.TRUECOLOR)
        pieces.append(f"\x1b[{row};{column}H{text}" + "\n" * (row < ROWS))
    return "".join(pieces)


def cells(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """What can be seen: of a blank cell its background, underline and swap."""
    return [[_visible(screen.buffer[row][column]) for column in range(COLUMNS)] for row in range(screen.lines)]


def _visible(cell: pyte.screens.Char) -> tuple[object, ...]:
    return (cell.data, cell.bg, cell.underscore, cell.reverse, *((cell.fg, cell.bold) if cell.data.strip() else ()))


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("erases", [True, False])
def test_a_terminal_shows_the_same_as_with_whole_frames(seed: int, erases: bool) -> None:
    chance, shown = random.Random(seed), Shown(erases=erases)
    whole, terse = pyte.Screen(COLUMNS, ROWS), pyte.Screen(COLUMNS, ROWS)
    to_whole, to_terse = pyte.Stream(whole), pyte.Stream(terse)
    for _ in range(12):
        painted = frame(chance)
        to_whole.feed(painted)
        to_terse.feed(shown.changes(painted))
        assert cells(terse) == cells(whole)


TALL = 24
LINES = [f"run {number}  {'✗ failed' if number % 3 else '漢 ✓'}  {number * 7}".ljust(40) for number in range(90)]


def list_frame(top: int, cursor: int) -> str:
    """Rows of a list from `top` on in the whole terminal but its first and last row, as Textual paints them."""
    rows = []
    for line in range(TALL - 2):
        bold = "\x1b[1;48;5;24m" if top + line == cursor else "\x1b[38;5;15m"
        text = set_cell_size(LINES[top + line], COLUMNS - 1)
        rows.append(f"\x1b[{line + 2};1H{bold}{text}\x1b[0m\x1b[44m{'█' if line == top // 10 else ' '}\x1b[0m\n")
    return "".join(rows)


@pytest.mark.parametrize("seed", range(20))
def test_a_list_that_moves_is_moved_by_the_terminal(seed: int) -> None:
    chance, shown = random.Random(seed), Shown(erases=True)
    whole, terse = pyte.Screen(COLUMNS, TALL), pyte.Screen(COLUMNS, TALL)
    to_whole, to_terse = pyte.Stream(whole), pyte.Stream(terse)
    edges = "".join(f"\x1b[{row};1H{set_cell_size('edge', COLUMNS)}" for row in (1, TALL))
    to_whole.feed(edges)
    to_terse.feed(shown.changes(edges))
    top = 20
    for _ in range(30):
        step = chance.choice((-2, -1, 1, 1, 2, 9))
        top = max(0, min(top + step, len(LINES) - TALL))
        painted = list_frame(top, chance.randint(top, top + TALL - 3))
        sent = shown.changes(painted)
        to_whole.feed(painted)
        to_terse.feed(sent)
        assert cells(terse) == cells(whole)


def test_a_row_further_costs_no_more_than_that_row_and_the_two_of_the_cursor() -> None:
    shown = Shown(erases=True)
    shown.changes(list_frame(20, 41))
    sent = shown.changes(list_frame(21, 42))
    assert sent.startswith(f"\x1b[2;{TALL - 2}r\x1b[{TALL - 2};1H\n\x1b[r")
    assert len(sent) < 3 * COLUMNS


def test_what_is_shown_already_is_not_sent_again() -> None:
    shown = Shown(erases=True)
    painted = "\x1b[1;1H\x1b[1;31mv7\x1b[0m waits\n\x1b[2;1Hv8"
    assert shown.changes(painted)
    assert shown.changes(painted) == ""


def test_only_the_changed_cells_are_sent() -> None:
    shown = Shown(erases=True)
    shown.changes("\x1b[3;1Hline 100: loss 0.25")
    assert shown.changes("\x1b[3;1Hline 101: loss 0.25") == "\x1b[3;8H1"


def test_what_was_forgotten_is_sent_again() -> None:
    shown = Shown(erases=True)
    shown.changes("\x1b[3;1Hline")
    shown.forget()
    assert shown.changes("\x1b[3;1Hline") == "\x1b[3;1Hline"


def test_what_is_not_of_a_frame_passes_as_it_is_and_ends_what_is_known() -> None:
    shown = Shown(erases=True)
    shown.changes("\x1b[3;1Hline")
    assert shown.changes("\x1b[?1049h") == "\x1b[?1049h"
    assert shown.changes("\x1b[3;1Hline") == "\x1b[3;1Hline"


def test_the_marks_of_a_frame_s_begin_and_end_do_not_end_what_is_known() -> None:
    shown = Shown(erases=True)
    shown.changes("\x1b[3;1Hline")
    assert shown.changes("\x1b[?2026h") == "\x1b[?2026h"
    assert shown.changes("\x1b[3;1Hline") == ""


def test_a_long_blank_is_erased_unless_that_would_lose_its_look() -> None:
    blank = " " * 30
    assert (
        Shown(erases=True).changes(f"\x1b[1;1H\x1b[48;5;233m{blank}\x1b[0m") == "\x1b[1;1H\x1b[48;5;233m\x1b[30X\x1b[0m"
    )
    assert blank in Shown(erases=True).changes(f"\x1b[1;1H\x1b[4;48;5;233m{blank}\x1b[0m")
    assert blank in Shown(erases=False).changes(f"\x1b[1;1H\x1b[48;5;233m{blank}\x1b[0m")


async def test_ctrl_l_paints_the_whole_screen_anew(workspace: Workspace) -> None:
    async with console(workspace) as pilot:
        shown: Shown = pilot.app.shown  # type: ignore[attr-defined]
        shown.changes("\x1b[3;1Hline")
        await press(pilot, "ctrl+l")
        assert shown.changes("\x1b[3;1Hline") == "\x1b[3;1Hline"
