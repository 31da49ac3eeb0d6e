"""What the bias screen shows of a version: one attribute's figures, and which of them, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.told_once import told_once
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import most_telling
from mltui.operations.versions.bias import Figures, VersionBias
from mltui.tui.presentation.literal import literal, squeezed
from mltui.tui.presentation.metric_groups import MetricGroups

_LEAST = 20
"""Cells of both names, however narrow the screen."""


@dataclass(frozen=True, slots=True)
class BiasPage:
    bias: VersionBias
    attribute: str
    """Empty where the version has none."""
    by_metric: Mapping[str, MetricGroups]
    """Of that attribute."""
    telling: str
    """The metric to begin with; empty where there is none."""

    @classmethod
    def of(cls, bias: VersionBias, attribute: str, figures: Figures) -> BiasPage:
        found: dict[str, dict[str, GroupFigure]] = {}
        for each in told_once(figures, bias.version.classes):
            found.setdefault(each.metric, {})[each.group] = each
        overall = bias.version.metrics
        by_metric = {metric: MetricGroups.of(groups, overall.get(metric)) for metric, groups in found.items()}
        telling = most_telling(each for groups in found.values() for each in groups.values())
        return cls(bias, attribute, by_metric, telling.metric if telling is not None else "")

    @property
    def metrics(self) -> list[str]:
        return list(self.by_metric)

    def switched(self, metric: str, sort: str) -> Switched:
        attributes, metrics = self.bias.attributes, self.metrics
        return Switched(
            self.attribute,
            f"{_place(self.attribute, attributes)} of {len(attributes)}",
            metric,
            f"{_place(metric, metrics)} of {len(metrics)}",
            sort,
        )


@dataclass(frozen=True, slots=True)
class Switched:
    """What the screen is switched to, each with its place among all there are."""

    attribute: str
    """Empty where there is none."""
    attribute_place: str
    metric: str
    metric_place: str
    sort: str

    def line(self, width: int) -> Text:
        """Each behind the key that switches it."""
        if not self.attribute:
            return Text("no groups: data.groups or data.attributes of the project names none", "bold")
        fixed = f"] by  ({self.attribute_place})   m  ({self.metric_place})   s {self.sort}"
        room = max(width - len(fixed), _LEAST)
        metric = squeezed(literal(self.metric), max(room // 2, room - cell_len(literal(self.attribute))))
        attribute = squeezed(literal(self.attribute), room - cell_len(metric))
        told = [("]", f"by {attribute} ({self.attribute_place})"), ("m", f"{metric} ({self.metric_place})")]
        line = Text()
        for key, words in (*told, ("s", self.sort)):
            line.append("   " if line else "").append(key, "bold cyan").append(f" {words}", "bold")
        return line


def _place(name: str, names: Sequence[str]) -> int:
    return names.index(name) + 1 if name in names else 0
