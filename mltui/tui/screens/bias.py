"""Bias: for whom a version is worse, group by group; Enter goes to the rows behind a figure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding

from mltui.domain.groups import attributes_in
from mltui.domain.names import version_name
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import most_telling
from mltui.operations.versions.bias import VersionBias, figures_by, version_bias
from mltui.tui.figure_name import figure_name
from mltui.tui.messages import Show
from mltui.tui.presentation import bias as told
from mltui.tui.presentation.bias_detail import detail_lines, explained
from mltui.tui.presentation.bias_page import BiasPage
from mltui.tui.presentation.metric_groups import NO_GROUPS, SORTS, MetricGroups
from mltui.tui.presentation.refusal import threshold_refusal
from mltui.tui.screens.listing import FilteredScreen
from mltui.tui.widgets.panel import Panel
from mltui.tui.widgets.rows import Listing, Row, Rows
from mltui.workspace import Workspace

_EDGES = 2
"""Cells of the cursor's mark and of the scrollbar."""


class FigureRows(Rows):
    """Enter stands in the footer, first of all keys."""

    BINDINGS = [Binding("enter", "open", "Rows", tooltip="the rows behind this figure")]


class BiasScreen(FilteredScreen[BiasPage]):
    screen_name = "bias"
    BINDINGS = [
        Binding("v", "gallery", "Mistakes", tooltip="the most confident mistakes of this group"),
        Binding("h", "heat", "Heat", tooltip="several metrics beside each other, or the bars of one"),
        Binding("left_square_bracket", "turn_attribute(-1)", "Attribute before", key_display="[", show=False),
        Binding("right_square_bracket", "turn_attribute(1)", "Attribute", key_display="]"),
        Binding("m", "turn_metric(1)", "Metric"),
        Binding("M", "turn_metric(-1)", "Metric before", show=False),
        Binding("s", "sort", "Sort", tooltip="worst first, by name, by rows"),
    ]

    sort = SORTS[0]
    is_heat = False
    _attribute: str | None = None
    _metric = ""
    _shown: Sequence[GroupFigure] = ()
    """Of the attribute and metric switched to, sorted and filtered."""

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self._pages: dict[str, BiasPage] = {}

    def compose_body(self) -> ComposeResult:
        yield Panel(id="told")
        yield from self.compose_rows(FigureRows(empty="no group"))
        yield Panel(id="detail")

    @property
    def command(self) -> str:
        by = " ".join(f"--by {shlex.quote(each)}" for each in attributes_in(self._attribute)) if self._attribute else ""
        metric = f"--metric {shlex.quote(self._metric)}" if self._metric else ""
        return " ".join(part for part in ("version bias", self.subject, by, metric) if part)

    def read(self, workspace: Workspace) -> BiasPage:
        """A version never changes, so each attribute is read once."""
        known = self.found
        bias = known.bias if known is not None else version_bias(workspace, self.subject)
        attribute = self._attribute if self._attribute is not None else _most_telling(bias)
        if attribute not in self._pages:
            figures = figures_by(workspace, bias, attribute) if attribute else ()
            self._pages[attribute] = BiasPage.of(bias, attribute, figures)
        return self._pages[attribute]

    def problem_of(self, found: BiasPage) -> str:
        return found.bias.problem

    def subject_of(self, kind: str) -> str | None:
        """Also where `latest` was asked for."""
        if kind not in ("version", "figure") or self.found is None:
            return None
        name, current = version_name(self.found.bias.version.id), self._current
        if kind == "version":
            return name
        return None if current is None else figure_name(name, current.metric, current.slice)

    def refusal_of(self, act: str) -> str:
        if act == "thresholds" and self.found is not None and not self._has_thresholds:
            return threshold_refusal(self.found.bias.version)
        return super().refusal_of(act)

    def paint(self, found: BiasPage) -> None:
        self._attribute = found.attribute
        if self._metric not in found.by_metric:
            self._metric = found.telling
        chosen, is_heat = found.by_metric.get(self._metric, NO_GROUPS), self.is_heat
        names = chosen.shown(self.sort, self.matching)
        self._shown = [chosen.figures[name] for name in names]
        switched = found.switched(self._metric, self.sort)
        self.query_one("#told", Panel).show(
            lambda width: told.head_lines(chosen, switched, is_heat=is_heat, width=width)
        )
        self.query_one(Rows).show(self._heat(found, names) if is_heat else self._bars(chosen, names))
        self._paint_detail()
        self._tell_problem(self.problem_of(found))

    def _bars(self, chosen: MetricGroups, names: Sequence[str]) -> Listing:
        table = told.BarTable.over(chosen, width=self.size.width - _EDGES)
        return _listing(table.head, names, lambda name: table.line(chosen.figures[name]))

    def _heat(self, found: BiasPage, names: Sequence[str]) -> Listing:
        groups = found.by_metric.get(self._metric, NO_GROUPS)
        table = told.HeatTable.over(groups, found.metrics, self._metric, width=self.size.width - _EDGES)
        return _listing(table.head, names, lambda name: table.line(name, found.by_metric))

    def _paint_detail(self) -> None:
        current, has_thresholds = self._current, self._has_thresholds
        self.query_one("#detail", Panel).show(
            lambda width: detail_lines(current, has_thresholds=has_thresholds, width=width)
        )

    @property
    def explained(self) -> Sequence[str]:
        current = self._current
        return () if current is None else explained(current, has_thresholds=self._has_thresholds)

    @property
    def _has_thresholds(self) -> bool:
        return self.found is not None and len(self.found.bias.version.classes) == 2

    @property
    def _current(self) -> GroupFigure | None:
        cursor = self.query_one(Rows).cursor
        return self._shown[cursor] if cursor < len(self._shown) else None

    def filter_changed(self) -> None:
        self._repaint()

    def _repaint(self) -> None:
        if self.found is not None:
            self.paint(self.found)

    def action_turn_attribute(self, by: int) -> None:
        if self.found is None or not self.found.attribute:
            return
        attributes = self.found.bias.attributes
        self._attribute = attributes[(attributes.index(self._attribute or attributes[0]) + by) % len(attributes)]
        self.query_one(Rows).action_move_to(0)
        known = self._pages.get(self._attribute)
        if known is not None:
            self.found = known
            self.paint(known)
        else:
            self.reread()

    def action_turn_metric(self, by: int) -> None:
        if self.found is not None and self._metric in self.found.by_metric:
            metrics = self.found.metrics
            self._metric = metrics[(metrics.index(self._metric) + by) % len(metrics)]
            self._repaint()

    def action_sort(self) -> None:
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]
        self._repaint()

    def action_heat(self) -> None:
        self.is_heat = not self.is_heat
        self._repaint()

    def action_gallery(self) -> None:
        self._go_to("mistakes")

    @on(Rows.Opened)
    def _open_rows(self) -> None:
        self._go_to("rows")

    def _go_to(self, screen: str) -> None:
        current, version = self._current, self.subject_of("version")
        if current is not None and version is not None:
            self.post_message(Show(screen, figure_name(version, current.metric, current.slice)))

    @on(Rows.Moved)
    def _moved(self) -> None:
        self._paint_detail()


def _most_telling(bias: VersionBias) -> str:
    telling = most_telling(bias.version.groups)
    return telling.attribute if telling is not None else ""


def _listing(head: str, names: Sequence[str], line: Callable[[str], Text]) -> Listing:
    def page(offset: int, limit: int) -> list[Row]:
        return [Row(name, (line(name),)) for name in names[offset : offset + limit]]

    def place(name: str) -> int | None:
        return names.index(name) if name in names else None

    return Listing((head,), len(names), page, place=place)
