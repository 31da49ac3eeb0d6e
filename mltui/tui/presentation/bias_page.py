"""What the bias screen shows of a version: one attribute's figures, and which of them, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import worst_first
from mltui.operations.bias import Figures, VersionBias
from mltui.tui.presentation.literal import literal, squeezed

SORTS = ("worst first", "by name", "by rows")
_LEAST = 20
"""Cells of both names, however narrow the screen."""


@dataclass(frozen=True, slots=True)
class BiasPage:
    bias: VersionBias
    attribute: str
    """Empty where the version has none."""
    by_metric: Mapping[str, Sequence[GroupFigure]]
    """Of that attribute."""
    by_group: Mapping[str, Mapping[str, GroupFigure]]
    """Group → metric → its figure."""

    @classmethod
    def of(cls, bias: VersionBias, attribute: str, figures: Figures) -> BiasPage:
        by_metric: dict[str, list[GroupFigure]] = {}
        by_group: dict[str, dict[str, GroupFigure]] = {}
        for each in figures:
            by_metric.setdefault(each.metric, []).append(each)
            by_group.setdefault(each.group, {})[each.metric] = each
        return cls(bias, attribute, by_metric, by_group)

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


def in_sort(figures: Sequence[GroupFigure], sort: str) -> list[GroupFigure]:
    if sort == "by name":
        return sorted(figures, key=lambda each: tuple(each.slice.values()))
    return sorted(figures, key=lambda each: -each.n) if sort == "by rows" else worst_first(figures)


def matching(figures: Sequence[GroupFigure], text: str) -> list[GroupFigure]:
    """Groups in whose name each of the words stands, and none of those after `!`."""
    words = [(word.removeprefix("!"), not word.startswith("!")) for word in text.lower().split()]
    wanted = [(word, is_wanted) for word, is_wanted in words if word]
    return [each for each in figures if all((word in each.group.lower()) == is_wanted for word, is_wanted in wanted)]


def _place(name: str, names: Sequence[str]) -> int:
    return names.index(name) + 1 if name in names else 0
