"""Mistakes: the gallery of a group's most confident ones, group after group."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding

from mltui.errors import MltuiError
from mltui.operations.standing.state import require_version
from mltui.operations.versions.group_rows import group_rows
from mltui.operations.versions.mistakes import Mistakes, mistakes_of
from mltui.tui.colours import has_many_colours
from mltui.tui.figure_name import figure_name, figure_of
from mltui.tui.messages import Show
from mltui.tui.presentation.group_rows import figure_words
from mltui.tui.presentation.mistakes import MOST_SHOWN, head_lines, mistake_lines
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.header import Header
from mltui.tui.widgets.panel import Pages, Panel
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class MistakesPage:
    subject: str
    """The `figure_name` that was asked for."""
    mistakes: Mistakes
    groups: tuple[tuple[str, ...], ...]
    """All groups of the attribute; empty where the figure is of all rows."""

    @property
    def place(self) -> int:
        """Of the group among them."""
        return self.groups.index(tuple(self.mistakes.of.slice.values()))


class MistakesScreen(ConsoleScreen[MistakesPage]):
    """Its subject is a `figure_name`."""

    screen_name = "mistakes"
    AUTO_FOCUS = "Pages"
    BINDINGS = [
        Binding("left_square_bracket", "turn_group(-1)", "Group before", key_display="[", show=False),
        Binding("right_square_bracket", "turn_group(1)", "Group", key_display="]"),
        Binding(
            "greater_than_sign", "turn_page(1)", "More", key_display=">", tooltip="the next mistakes of this group"
        ),
        Binding("less_than_sign", "turn_page(-1)", "Before", key_display="<", tooltip="those before them", show=False),
        Binding("enter", "open_rows", "Rows", tooltip="all rows behind this figure"),
    ]

    first = 0
    """Place of the first one shown among the mistakes of the group."""

    @property
    def title_words(self) -> str:
        try:
            return f"Mistakes {figure_words(figure_of(self.subject).of)}"
        except MltuiError:
            return "Mistakes"

    @property
    def command(self) -> str:
        limit = self.first + MOST_SHOWN
        return f"version rows {figure_of(self.subject).command_words} --mistakes --fields --limit {limit}"

    def compose_body(self) -> ComposeResult:
        with Pages():
            yield Panel(id="told")
            yield Panel(id="mistakes")

    def read(self, workspace: Workspace) -> MistakesPage:
        """A version never changes, so each group is read once."""
        subject, first, found = self.subject, self.first, self.found
        if found is not None and (found.subject, found.mistakes.offset) == (subject, first):
            return found
        named = figure_of(subject)
        version = require_version(workspace, named.version)
        rows = group_rows(workspace.store, version, named.of)
        shown = mistakes_of(workspace.store, version, rows, offset=first, limit=MOST_SHOWN)
        return MistakesPage(subject, shown, rows.groups)

    def paint(self, found: MistakesPage) -> None:
        where = f"({found.place + 1} of {len(found.groups)} groups)" if found.groups else ""
        has_colours = has_many_colours(self.app)
        self.query_one("#told", Panel).show(lambda width: head_lines(found.mistakes, where, width=width))
        self.query_one("#mistakes", Panel).show(
            lambda width: mistake_lines(found.mistakes, has_colours=has_colours, width=width)
        )

    def subject_of(self, kind: str) -> str | None:
        return figure_of(self.subject).version if kind == "version" and self.found is not None else None

    def action_turn_group(self, by: int) -> None:
        found = self.found
        if found is None or not found.groups:
            return
        named = figure_of(self.subject)
        values = found.groups[(found.place + by) % len(found.groups)]
        self.subject = figure_name(named.version, named.of.metric, dict(zip(named.of.slice, values, strict=True)))
        self.first = 0
        self.query_one(Header).refresh()
        self._show_others()

    def action_turn_page(self, by: int) -> None:
        first = self.first + by * MOST_SHOWN
        if self.found is not None and 0 <= first < max(self.found.mistakes.mistakes, 1):
            self.first = first
            self._show_others()

    def _show_others(self) -> None:
        self.query_one(Pages).scroll_home(animate=False)
        self.reread()

    def action_open_rows(self) -> None:
        self.post_message(Show("rows", self.subject))
