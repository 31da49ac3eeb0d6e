"""Thresholds: move the one of a version, and see all rates of all groups move with it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container

from mltui.domain.groups import GroupedMetric, crossed, group_name
from mltui.operations.versions.thresholds import RATES, Curve, Explored, Moment, explore_thresholds
from mltui.tui.figure_name import NamedFigure, figure_of
from mltui.tui.presentation import thresholds as told
from mltui.tui.presentation.literal import literal
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.panel import Panel
from mltui.workspace import Workspace

COARSE, FINE, FINEST = 0.1, 0.01, 0.001
_FRAME = 2
_AROUND = 3
"""Lines of header and footer."""
_LEAST_CURVE, _MOST_CURVE = 9, 18
_OWN = ("move", "turn_group", "turn_attribute", "turn_metric", "turn_class", "turn_curve", "reset")
_BESIDE = 120
"""Cells from which on the curve stands beside the rates."""


class ThresholdsScreen(ConsoleScreen[Explored]):
    screen_name = "thresholds"
    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("left", f"move(-{FINE})", "Lower", tooltip="0.01 lower", key_display="←"),
        Binding("right", f"move({FINE})", "Higher", tooltip="0.01 higher", key_display="→"),
        Binding("K", "app.act('take_threshold')", "Take it"),
        Binding("shift+left,less_than_sign", f"move(-{COARSE})", "0.1 lower", show=False, key_display="shift+←  <"),
        Binding("shift+right,greater_than_sign", f"move({COARSE})", "0.1 higher", show=False, key_display="shift+→  >"),
        Binding("comma", f"move(-{FINEST})", "0.001 lower", show=False, key_display=","),
        Binding("full_stop", f"move({FINEST})", "0.001 higher", show=False, key_display="."),
        Binding("up", "turn_group(-1)", "Group before: its threshold alone is moved", show=False, key_display="↑"),
        Binding(
            "down", "turn_group(1)", "What if", tooltip="the next group: its threshold alone is moved", key_display="↓"
        ),
        Binding("left_square_bracket", "turn_attribute(-1)", "Attribute before", key_display="[", show=False),
        Binding("right_square_bracket", "turn_attribute(1)", "Attribute", key_display="]"),
        Binding("m", "turn_metric", "Metric"),
        Binding("c", "turn_class", "Class", tooltip="rates of the other class, at the same threshold"),
        Binding("l", "turn_curve", "ROC/rate"),
        Binding("r", "reset", "Reset", tooltip="the version's own threshold again, for all groups"),
    ]

    _attribute: str | None = None
    _threshold: float | None = None
    _label: str | None = None
    """Class that the rates are of; None: the second."""
    _group = ""
    """The chosen one; empty for all rows."""
    _metric = "recall"
    _is_roc = False

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        named = figure_of(subject) if " " in subject else NamedFigure(subject, GroupedMetric(""))
        self._version = named.version
        self._begin_at(named.of)
        self._apart: dict[str, float] = {}
        self._drawn: dict[str, Sequence[Curve]] = {}

    def _begin_at(self, figure: GroupedMetric) -> None:
        metric, _, label = figure.metric.partition(":")
        if metric in RATES:
            self._metric = metric
        self._label = label or None
        if figure.slice:
            self._attribute, self._group = crossed(figure.slice), group_name(tuple(figure.slice.values()))

    @property
    def title_words(self) -> str:
        return f"Thresholds {self._version}"

    def compose_body(self) -> ComposeResult:
        with Container(id="explorer"):
            yield Panel(id="rates")
            yield Panel(id="curve")

    @property
    def command(self) -> str:
        words = ["version", "thresholds", self._version]
        if self.found is not None:
            by = self.found.rates.attribute
            words += ["--at", f"{self._at:g}", "--metric", self._metric, *(["--by", by] if by else [])]
            words += ["--of", self.found.rates.label] if self.found.rates.counted == 0 else []
            words += [word for group, at in self._apart.items() for word in ("--apart", f"{group}={at:g}")]
        return shlex.join(words)

    @property
    def _at(self) -> float:
        assert self.found is not None
        return self.found.start if self._threshold is None else self._threshold

    def read(self, workspace: Workspace) -> Explored:
        """A version never changes, so each attribute is read once."""
        if self.found is not None:
            return self.found
        return explore_thresholds(workspace, self._version, attribute=self._attribute, label=self._label)

    def subject_of(self, kind: str) -> str | None:
        if kind == "version":
            return self._version
        if kind == "threshold":
            return None if self.found is None or self._apart else f"{self._version} {self._at:g}"
        return super().subject_of(kind)

    def paint(self, found: Explored) -> None:
        rates = found.rates
        if self._group not in rates.grouping.groups:
            self._group = ""
        moment = rates.at(self._at, metric=self._metric, apart=self._apart)
        is_beside, height = self.size.width >= _BESIDE, self.size.height - _AROUND
        self.set_class(is_beside, "-beside")
        room = min(_MOST_CURVE, height if is_beside else max(_LEAST_CURVE, height // 2))
        table = self.query_one("#rates", Panel)
        by = f" by {literal(rates.attribute)}" if rates.attribute else ""
        table.border_title = f"rates{by}, judged by {self._metric.replace('_', ' ')}"
        table.show(lambda width: self._table(moment, found, height=height if is_beside else height - room, width=width))
        self._paint_curve(found, moment, height=room - _FRAME)

    def _table(self, moment: Moment, found: Explored, *, height: int, width: int) -> list[Text]:
        rates = found.rates
        note = told.note_lines(moment, found.threshold, classes=rates.classes, label=rates.label, width=width)
        groups = height - _FRAME - len(note) - 2  # the head, and all rows
        most = groups if len(moment.groups) <= groups else groups - 1
        return [*note, *told.rate_lines(moment, chosen=self._group, most=max(1, most), width=width)]

    def _paint_curve(self, found: Explored, moment: Moment, *, height: int) -> None:
        grid = found.rates.grid()
        for name in ("false_positive_rate", "recall") if self._is_roc else (self._metric,):
            if name not in self._drawn:
                self._drawn[name] = found.rates.over(name, grid)
        panel, drawn, steps = self.query_one("#curve", Panel), self._drawn, grid.tolist()
        if self._is_roc:
            panel.border_title = "ROC"
            both = (drawn["false_positive_rate"], drawn["recall"])
            panel.show(lambda width: told.roc_curve(both, moment, chosen=self._group, width=width, height=height))
            return
        panel.border_title = f"{self._metric.replace('_', ' ')} over the threshold"
        line, chosen = drawn[self._metric], self._group
        panel.show(lambda width: told.rate_curve(steps, line, moment, chosen=chosen, width=width, height=height))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is moved where there is no threshold."""
        is_own = action in _OWN
        return (
            False if is_own and self.found is None and not self.is_reading else super().check_action(action, parameters)
        )

    def action_move(self, by: float) -> None:
        """Of the chosen group alone where one is chosen."""
        if self.found is None:
            return
        before = self._apart.get(self._group, self._at) if self._group else self._at
        after = round(min(1.0, max(0.0, before + by)), 3)
        if self._group:
            self._apart[self._group] = after
        else:
            self._threshold = after
        self._repaint()

    def action_turn_group(self, by: int) -> None:
        if self.found is not None:
            names = ["", *self.found.rates.grouping.groups]
            self._group = names[(names.index(self._group) + by) % len(names)]
            self._repaint()

    def action_turn_metric(self) -> None:
        self._metric = RATES[(RATES.index(self._metric) + 1) % len(RATES)]
        self._repaint()

    def action_turn_class(self) -> None:
        if self.found is not None:
            self.found = replace(self.found, rates=self.found.rates.turned())
            self._drawn = {}
            self._repaint()

    def action_turn_curve(self) -> None:
        self._is_roc = not self._is_roc
        self._repaint()

    def action_reset(self) -> None:
        self._apart, self._threshold = {}, None
        self._repaint()

    def action_turn_attribute(self, by: int) -> None:
        found = self.found
        if found is None or len(found.attributes) < 2:
            return
        names = [crossed((name,)) for name in found.attributes]
        place = names.index(found.rates.attribute) if found.rates.attribute in names else -1
        self._attribute = names[(place + by) % len(names)]
        self._threshold, self._group, self._label = self._at, "", found.rates.label
        self._apart, self._drawn, self.found = {}, {}, None
        self.reread()

    def _repaint(self) -> None:
        if self.found is not None:
            self.paint(self.found)
            self.tell_possible_acts()
