"""Versions: sorted by age or by a metric, each beside what is in production."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from textual.binding import Binding

from mltui.domain.names import version_name
from mltui.errors import Damaged
from mltui.operations.standing.browse import VersionRow, count_versions, list_versions, main_metric
from mltui.operations.standing.overview import overview
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import cells_needed
from mltui.tui.presentation.versions import Live, heads, sorts_of, version_cells
from mltui.tui.screens.listing import ListScreen
from mltui.tui.widgets.header import Header
from mltui.tui.widgets.rows import PAGE, Listing, Row, Rows
from mltui.tui.widgets.sound_page import sound_page
from mltui.workspace import Workspace

_EDGES = 4
"""Cells of the cursor's mark, the scrollbar and the margin between."""

Page = Callable[[int, int], Sequence[Row]]


@dataclass(frozen=True, slots=True)
class _View:
    """How the rows of one reading are told."""

    matching: str
    sort: str | None
    metric: str
    live: Live | None
    goal: str
    marked: str | None
    width: int

    @property
    def is_filtered(self) -> bool:
        """Whether words are looked for, and not only those left out that have some."""
        return any(not word.startswith("!") for word in self.matching.split())

    @property
    def heads(self) -> tuple[str, ...]:
        return heads(self.metric, width=self.width, is_sorted=self.sort is not None, is_filtered=self.is_filtered)


class VersionsScreen(ListScreen):
    screen_name = "versions"
    opens = "version"
    empty = "no version yet: t trains one from the newest commit"
    BINDINGS = [
        Binding("s", "sort", "Sort"),
        Binding("space", "mark", "Mark"),
    ]

    sort: str | None = None
    """A metric; None sorts by age."""
    _sorts: tuple[str | None, ...] = (None,)

    @property
    def title_words(self) -> str:
        told = [f"by {literal(self.sort or 'age')}"]
        told += [f"filter {literal(self.matching)}"] if self.matching else []
        return f"{super().title_words} {', '.join(told)}"

    @property
    def command(self) -> str:
        sort = f" --sort {shlex.quote(self.sort)}" if self.sort else ""
        return "version list" + sort + (f" --match {shlex.quote(self.matching)}" if self.matching else "")

    def read(self, workspace: Workspace) -> Listing:
        newest = _newest(workspace)
        main = main_metric(newest[0].facts.task) if newest else "accuracy"
        self._sorts = sorts_of(main, (name for row in newest for name in row.facts.metrics))
        goal = next(iter(overview(workspace).environments), None)
        live = goal.version if goal is not None and goal.live is not None else None
        view = _View(
            matching=self.matching,
            sort=self.sort,
            metric=self.sort or main,
            live=None if live is None else Live(live.id, live.metrics),
            goal="" if goal is None else goal.name,
            marked=self.marked,
            width=self.size.width,
        )
        return Listing(
            head=view.heads,
            count=count_versions(workspace, matching=view.matching),
            page=self._read_ahead(workspace, view),
            align="<><><<<<<",
            flexible=(4, 5, 6 if view.is_filtered else 8),
        )

    def _read_ahead(self, workspace: Workspace, view: _View) -> Page:
        """What is needed around the cursor is read here, in the thread: sorting looks at every version."""
        cursor = self.query_one(Rows).cursor
        first = max(cursor // PAGE - bool(view.sort), 0) * PAGE
        count = 3 * PAGE if view.sort else PAGE
        rows = sound_page(partial(_page, workspace, view), first, count)

        def page(offset: int, limit: int) -> Sequence[Row]:
            is_read = first <= offset and offset + limit <= first + count
            return rows[offset - first :][:limit] if is_read else _page(workspace, view, offset, limit)

        return page

    def on_resize(self) -> None:
        self.reread()

    def action_sort(self) -> None:
        """The next of those that these versions can be sorted by."""
        place = self._sorts.index(self.sort) if self.sort in self._sorts else -1
        self.sort = self._sorts[(place + 1) % len(self._sorts)]
        self._turned()

    def action_mark(self) -> None:
        """Takes the mark away from the version that has it."""
        current = self.subject_of("version")
        self.marked = None if self.marked == current else current
        self._turned()

    def filter_changed(self) -> None:
        self.query_one(Header).refresh()

    def _turned(self) -> None:
        self.query_one(Header).refresh()
        self.reread()


def _newest(workspace: Workspace) -> list[VersionRow]:
    """What the metrics are called after; nothing where one of them is damaged."""
    try:
        return list_versions(workspace, limit=20)
    except Damaged:
        return []


def _page(workspace: Workspace, view: _View, offset: int, limit: int) -> list[Row]:
    found = list_versions(workspace, matching=view.matching, sort=view.sort, limit=limit, offset=offset)
    rows = [_row(workspace, view, each, is_brief=False) for each in found]
    if cells_needed([row.cells for row in rows], head=view.heads) <= view.width - _EDGES:
        return rows
    return [_row(workspace, view, each, is_brief=True) for each in found]


def _row(workspace: Workspace, view: _View, row: VersionRow, *, is_brief: bool) -> Row:
    name = version_name(row.facts.id)
    cells = version_cells(
        row,
        metric=view.metric,
        live=view.live,
        goal=view.goal,
        is_marked=name == view.marked,
        is_filtered=view.is_filtered,
        now=workspace.now(),
        width=view.width,
        is_brief=is_brief,
    )
    return Row(name, cells)
