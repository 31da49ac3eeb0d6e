"""Rows of a list as they are painted."""

from __future__ import annotations

from rich.text import Text
from textual.screen import Screen

from mltui.tui.widgets.rows import Listing, Row, Rows
from mltui.workspace import Workspace
from tui.pilots import console


async def test_what_is_under_the_cursor_has_one_colour(workspace: Workspace) -> None:
    ill = Row("ill", (Text("✗ ill", "red"),))
    async with console(workspace) as pilot:
        rows = pilot.app.screen.query_one(Rows)
        assert rows.has_focus
        rows.show(Listing(("STATE",), 2, lambda at, limit: [ill, ill]))
        current, other = ({segment.style.color for segment in rows.render_line(y) if segment.style} for y in (1, 2))
    assert len(current) == 1
    assert len(other) == 2


async def test_a_listing_that_knows_its_places_reads_only_the_page_in_sight(workspace: Workspace) -> None:
    read: list[int] = []

    def page(offset: int, limit: int) -> list[Row]:
        read.append(offset)
        return [Row(f"row {at}", (f"row {at}",)) for at in range(offset, offset + limit)]

    async with console(workspace) as pilot:
        await pilot.app.push_screen(Screen())  # the console's own would show what it reads meanwhile
        rows = Rows()
        await pilot.app.screen.mount(rows)
        await pilot.pause()
        rows.show(Listing((), 900, page, place=lambda key: int(key.split()[1])))
        rows.select("row 720")
        await pilot.pause()
        read.clear()
        rows.show(Listing((), 900, page, place=lambda key: int(key.split()[1])))
        assert (rows.current, {650, 750} & set(read)) == ("row 720", set())


async def test_nothing_is_called_empty_before_it_was_read(workspace: Workspace) -> None:
    async with console(workspace) as pilot:
        rows = Rows(empty="no group")
        await pilot.app.screen.mount(rows)
        before = rows._line(0).plain
        rows.show(Listing((), 0, lambda at, limit: []))
        after = rows._line(0).plain
    assert "no group" not in before
    assert "no group" in after
