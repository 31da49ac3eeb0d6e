"""A list of any length: only what is seen is read and painted."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mltui.tui.widgets.guard import Guarded
from mltui.tui.widgets.listed import PAGE, Listed, Listing
from mltui.tui.widgets.sound_page import Row

__all__ = ["PAGE", "Listing", "Row", "Rows"]


class Rows(Guarded, ScrollView, can_focus=True):
    BINDINGS = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "move_page(-1)", "Page up", show=False),
        Binding("pagedown", "move_page(1)", "Page down", show=False),
        Binding("home", "move_to(0)", "First", show=False),
        Binding("end", "move_to(-1)", "Last", show=False),
        Binding("enter", "open", "Open", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    class Opened(Message):
        def __init__(self, rows: Rows, key: str) -> None:
            super().__init__()
            self.rows, self.key = rows, key

        @property
        def control(self) -> Rows:
            return self.rows

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, rows: Rows) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Rows:
            return self.rows

    def __init__(self, *, empty: str = "nothing here yet", id: str | None = None) -> None:
        super().__init__(id=id)
        self._listed = Listed(Listing((), 0, lambda offset, limit: ()))
        self._strips: dict[tuple[int, Style, int], Strip] = {}
        self._look = (Style.null(), 0)
        """Style and cells of a line, while lines are rendered."""
        self._empty = empty
        self._is_told = False
        """Before the first listing nobody knows whether there is nothing."""

    def show(self, listing: Listing) -> None:
        """The cursor stays on the row it was on, wherever that is now, or is found within the first pages."""
        before = self.current
        changed = self._visible_text()
        self._is_told = True
        self._listed, self._strips = Listed(listing), {}
        self.virtual_size = Size(self.size.width, listing.count + self._head_height)
        self.cursor = self._listed.index_of(before, near=self.cursor)
        if self._visible_text() != changed:
            self.refresh()

    @property
    def _head_height(self) -> int:
        return self._listed.head_height

    @property
    def _room(self) -> int:
        """Cells of a line: what a scrollbar leaves."""
        return self.scrollable_content_region.width

    @property
    def current(self) -> str | None:
        """Key of the row under the cursor."""
        row = self._listed.row(self.cursor)
        return row.key or None if row is not None else None

    @property
    def count(self) -> int:
        return self._listed.count

    def select(self, key: str) -> None:
        self.cursor = self._listed.index_of(key, near=self.cursor)

    def _visible_text(self) -> list[Text]:
        top = self.scroll_offset.y
        return [self._line(y) for y in range(top, top + self.size.height)]

    def _line(self, index: int) -> Text:
        """Of the row `index`, without its mark."""
        is_empty = self._is_told and self.count == 0 and index == 0
        return Text(self._empty, "dim") if is_empty else self._listed.line(index, self._room)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Style and room are the same for each line, and take longer to find out than a line that is known."""
        self._look = (self.rich_style, self._room)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        (style, room), width, top = self._look, self.size.width, self.scroll_offset.y
        if y < self._head_height:
            head = self._listed.lines(top // PAGE, room)[0] if self.count else Text()
            return self._strip(Text(" ").append_text(head), style, width)
        index = top + y - self._head_height
        is_current = index == self.cursor and index < self.count
        if is_current:
            style += self.get_component_rich_style("rows--cursor", partial=True) if self.has_focus else Style(bold=True)
        key = (index, style, room)
        known = self._strips.get(key)
        if known is None:
            mark = "▌" if is_current else " "
            line = self._line(index)
            if is_current and self.has_focus:
                line = Text(line.plain)  # red on the cursor's blue could not be read
            known = self._strip(Text(mark).append_text(line), style, width)
            self._strips[key] = known
        return known

    def _strip(self, text: Text, style: Style, width: int) -> Strip:
        segments = [
            Segment(segment.text, style + (segment.style or Style.null()))
            for segment in text.render(self.app.console)
            if segment.text != "\n"
        ]
        return Strip(segments).adjust_cell_length(width, style)

    COMPONENT_CLASSES = {"rows--cursor"}

    def watch_cursor(self, before: int, after: int) -> None:
        for index in (before, after):
            self.refresh(Region(0, index - self.scroll_offset.y + self._head_height, self.size.width, 1))
        self._keep_in_sight()
        self.post_message(self.Moved(self))
        self.call_after_refresh(self._read_ahead)

    def _read_ahead(self) -> None:
        """The page that half a screen further lies on, so that it is there when one scrolls to it."""
        for index in (self.cursor - self.size.height, self.cursor + self.size.height):
            if 0 <= index < self.count:
                self._listed.lines(index // PAGE, self._room)

    def _keep_in_sight(self) -> None:
        room, top = max(self.size.height - self._head_height, 1), self.scroll_offset.y
        if not top <= self.cursor < top + room:
            self.scroll_to(y=self.cursor if self.cursor < top else self.cursor - room + 1, animate=False)

    def action_move(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, self.count - 1))

    def action_move_page(self, by: int) -> None:
        self.action_move(by * max(self.size.height - 2, 1))

    def action_move_to(self, index: int) -> None:
        self.cursor = index if index >= 0 else max(self.count - 1, 0)

    def action_open(self) -> None:
        if self.current is not None:
            self.post_message(self.Opened(self, self.current))

    def on_click(self, event: events.Click) -> None:
        index = self.scroll_offset.y + event.y - self._head_height
        if event.y < self._head_height or not 0 <= index < self.count:
            return
        if index == self.cursor and event.chain > 1:
            self.action_open()
        self.cursor = index

    def on_resize(self) -> None:
        self._strips = {}
        self.virtual_size = Size(self.size.width, self.count + self._head_height)
        self._keep_in_sight()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
