"""What is known of a version's groups where somebody decides about it, whatever its gate asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mltui.domain.checks import number
from mltui.domain.groups import attributes_in
from mltui.domain.metrics import OF_DATA
from mltui.domain.policy import CheckRule
from mltui.domain.told_once import told_once
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.domain.worst_first import most_telling_first

_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class BiasInSight:
    figures: int
    outside: tuple[GroupFigure, ...]
    """The worst first."""
    undecided: int
    """With those of too few rows."""
    checked: int | None
    """How many of `outside`, or of all where none is, a check of the gate looks at; None: that is not known."""

    @property
    def is_unseen(self) -> bool:
        """Figures are outside, and no check says so."""
        return bool(self.outside) and self.checked == 0

    @property
    def head(self) -> str:
        if not self.figures:
            return "bias: the version has no groups"
        if not self.outside and not self.undecided:
            return f"bias: all {self.figures:,} figures by group are within the limits{self._gate}"
        count = f"{len(self.outside):,}" if self.outside else "none"
        unclear = f", {self.undecided:,} undecided or of too few rows" if self.undecided else ""
        return f"bias: {count} of {self.figures:,} figures by group outside{unclear}{self._gate}"

    @property
    def worst(self) -> tuple[str, ...]:
        """A sentence for each of those that are named."""
        return tuple(map(_told, self.outside[:_MOST_NAMED]))

    @property
    def _gate(self) -> str:
        if self.checked is None:
            return ""
        them = "them" if self.outside else "groups"
        if self.checked == 0:
            return f"; no check of this gate looks at {them}"
        return f"; its checks look at {self.checked:,} of them" if self.outside else ""


def bias_in_sight(version: ModelVersion, rules: Sequence[CheckRule] | None) -> BiasInSight:
    """`rules`: the checks of the gate; None where they are not known."""
    figures = told_once(version.groups, version.classes)
    outside = tuple(most_telling_first(each for each in figures if each.verdict == "outside"))
    judged = outside or figures
    checked = None if rules is None else sum(any(_looks_at(rule, each) for rule in rules) for each in judged)
    undecided = sum(each.verdict not in ("outside", "within") for each in figures)
    return BiasInSight(len(figures), outside, undecided, checked)


def unchecked(attributes: Iterable[str], rules: Iterable[CheckRule]) -> list[str]:
    """Those of the attributes that no check of groups looks at, be it by an intersection."""
    judged = {part for rule in rules if rule.attribute and _is_measured(rule) for part in attributes_in(rule.attribute)}
    return [name for name in attributes if name not in judged]


def _looks_at(rule: CheckRule, figure: GroupFigure) -> bool:
    is_of = rule.attribute == figure.attribute and rule.group in (None, figure.group)
    return is_of and _is_measured(rule) and rule.metric in (figure.metric, figure.metric.partition(":")[0])


def _is_measured(rule: CheckRule) -> bool:
    return rule.metric not in OF_DATA


def _told(figure: GroupFigure) -> str:
    named = f"{figure.metric} of {figure.group} ({figure.attribute}) {number(figure.value)}"
    if figure.ratio is not None:
        return f"{named}, {number(figure.ratio)} times that of {figure.reference}"
    return f"{named}, {number(figure.difference, sign='+')} against {figure.reference}"
