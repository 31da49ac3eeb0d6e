"""Rows: which ones count in a figure of a group, and which are its mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding

from mltui.domain.version import ModelVersion
from mltui.errors import MltuiError
from mltui.operations.standing.state import require_version
from mltui.operations.versions.group_rows import GroupRows, group_rows
from mltui.operations.versions.held_out import fields_of
from mltui.operations.versions.pictures import has_pictures
from mltui.tui.dialogs.whole import WholeDialog
from mltui.tui.figure_name import figure_of
from mltui.tui.messages import Show
from mltui.tui.presentation.group_rows import figure_words, head_lines, heads, row_cells, row_text
from mltui.tui.screens.listing import FilteredScreen
from mltui.tui.widgets.header import Header
from mltui.tui.widgets.panel import Panel
from mltui.tui.widgets.rows import Listing, Row, Rows
from mltui.workspace import Workspace


class GroupRowsScreen(FilteredScreen[GroupRows]):
    """Its subject is a `figure_name`."""

    screen_name = "rows"
    BINDINGS = [
        Binding("w", "only_mistakes", "Wrong only", tooltip="only the mistakes, or all rows that count"),
        Binding("v", "gallery", "Mistakes", tooltip="the mistakes as pictures, or with all their fields"),
    ]

    is_only_mistakes = False
    _all: GroupRows | None = None
    """All rows that count; a version never changes, so they are read once."""
    _asked: tuple[str, bool] | None = None
    """Filter and switch that `found` is of."""

    @property
    def title_words(self) -> str:
        try:
            return f"Rows {figure_words(figure_of(self.subject).of)}"
        except MltuiError:
            return "Rows"

    @property
    def command(self) -> str:
        told = [figure_of(self.subject).command_words, "--mistakes" if self.is_only_mistakes else ""]
        return " ".join(["version rows", *filter(None, told)])

    def compose_body(self) -> ComposeResult:
        yield Panel(id="told")
        yield from self.compose_rows(Rows(empty="no row"))

    def read(self, workspace: Workspace) -> GroupRows:
        asked = (self.matching, self.is_only_mistakes)
        if self.found is not None and asked == self._asked:
            return self.found
        rows = self._all
        if rows is None:
            named = figure_of(self.subject)
            rows = self._all = group_rows(workspace.store, require_version(workspace, named.version), named.of)
        found = (rows.only_mistakes() if self.is_only_mistakes else rows).matching(self.matching)
        self._asked = asked
        return found

    def paint(self, found: GroupRows) -> None:
        counted = self._all or found
        self.query_one("#told", Panel).show(
            lambda width: head_lines(
                counted.of, counted=len(counted), mistakes=counted.mistakes, task=counted.task, width=width
            )
        )
        attributes = [name for name in found.table.attribute_names if name not in found.of.slice]
        listing = Listing(
            heads(found.task, attributes),
            len(found),
            partial(_page, found, attributes),
            align="<<<<>",
            flexible=(1, *range(5, 5 + len(attributes))),
        )
        self.query_one(Rows).show(listing)

    def subject_of(self, kind: str) -> str | None:
        return figure_of(self.subject).version if kind == "version" and self.found is not None else None

    def action_only_mistakes(self) -> None:
        self.is_only_mistakes = not self.is_only_mistakes
        self.query_one(Header).refresh()
        self.reread()

    def action_gallery(self) -> None:
        self.post_message(Show("mistakes", self.subject))

    @on(Rows.Opened)
    async def _open_row(self, event: Rows.Opened) -> None:
        if self.found is None:
            return
        (row,) = self.found.page(int(event.key), 1)
        fields, problem = await self.desk.ask(lambda workspace: self._fields(workspace, row.row_id))
        self.app.push_screen(WholeDialog(f"row {row.row_id}", row_text(row, fields, problem)))

    def _fields(self, workspace: Workspace, row_id: str) -> tuple[Mapping[str, str], str]:
        return try_fields(workspace, require_version(workspace, figure_of(self.subject).version), row_id)


def try_fields(workspace: Workspace, version: ModelVersion, row_id: str) -> tuple[Mapping[str, str], str]:
    """What stands in the data of a row that is no picture, or why it cannot be told."""
    if has_pictures(version):
        return {}, ""
    try:
        return fields_of(workspace.store, version, [row_id]).get(row_id, {}), ""
    except MltuiError as error:
        return {}, error.message


def _page(found: GroupRows, attributes: list[str], offset: int, limit: int) -> list[Row]:
    return [Row(str(offset + index), row_cells(row, attributes)) for index, row in enumerate(found.page(offset, limit))]
