"""The footer as values: whole items only, help and leaving always."""

from __future__ import annotations

import pytest

from mltui.tui.presentation.footer import Item, footer_line, placed

ITEMS = [Item("slash", "/", "Filter"), Item("C", "C", "Copy command"), Item("t", "t", "Train")]
ALWAYS = [Item("colon", ":", "Acts"), Item("question_mark", "?", "Help"), Item("q", "q", "Quit")]


@pytest.mark.parametrize("width", range(10, 90))
def test_every_item_that_is_shown_is_whole(width: int) -> None:
    line = footer_line(placed(ITEMS, ALWAYS, width=width))
    assert line.cell_len <= width
    known = {f"{each.display} {each.words}" for each in [*ITEMS, *ALWAYS]}
    assert {part.strip() for part in line.plain.split("  ") if part.strip()} <= known


def test_help_and_leaving_stand_at_the_right_of_a_narrow_line() -> None:
    assert footer_line(placed(ITEMS, ALWAYS, width=16)).plain == " ? Help  q Quit"
    assert footer_line(placed(ITEMS, ALWAYS, width=45)).plain == " / Filter  t Train    : Acts  ? Help  q Quit"


def test_a_place_is_where_its_item_is_painted() -> None:
    places = placed(ITEMS, ALWAYS, width=80)
    line = footer_line(places).plain
    assert [line[each.start : each.stop] for each in places] == [
        f"{each.display} {each.words}" for each in [*ITEMS, *ALWAYS]
    ]
