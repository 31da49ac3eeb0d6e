"""Breakdowns for checks that hold groups against one group, and not against all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mltui.analysis.groups import REFERENCE_RULES, Reference, breakdown
from mltui.analysis.table import EvaluationTable
from mltui.domain.version import GroupFigure
from mltui.errors import UsageError


def figures_against(
    table: EvaluationTable, references: Iterable[tuple[str, str]], metrics: Sequence[str]
) -> Mapping[tuple[str, str], tuple[GroupFigure, ...]]:
    """By attribute and reference; nothing of those whose attribute, or whose group, the table does not have."""
    found = {}
    for attribute, word in references:
        reference = Reference(word) if word in REFERENCE_RULES else Reference(named={attribute: word})
        try:
            found[attribute, word] = breakdown(table, attributes=[attribute], metrics=metrics, reference=reference)
        except UsageError:
            continue
    return found
