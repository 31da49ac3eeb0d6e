"""The groups of one metric: their orders, and which of them are shown."""

from __future__ import annotations

from mltui.domain.version import GroupFigure
from mltui.tui.presentation.metric_groups import NO_GROUPS, MetricGroups, Widths


def figure(name: str, n: int, value: float, verdict: str = "within") -> GroupFigure:
    return GroupFigure({"age": name}, "recall", n, value, value - 0.1, value + 0.1, None, None, None, verdict)


GROUPS = {
    each.group: each for each in (figure("<25", 40, 0.9), figure("25–39", 1200, 0.8), figure("≥40", 90, 0.5, "outside"))
}


def test_groups_are_shown_worst_first_by_rows_or_as_the_breakdown_has_them_bands_by_their_size() -> None:
    found = MetricGroups.of(GROUPS, 0.75)
    assert found.shown("worst first", "")[0] == "≥40"
    assert found.shown("by name", "") == ["<25", "25–39", "≥40"]
    assert found.shown("by rows", "") == ["25–39", "≥40", "<25"]
    assert found.shown("by rows", "!40 5") == ["25–39", "<25"]
    assert found.verdicts == {"within": 2, "outside": 1}


def test_the_widest_of_all_is_measured_once_and_of_none_it_is_nothing() -> None:
    assert MetricGroups.of(GROUPS, 0.75).widths == Widths(5, len("1,200"), len("0.9000"), len("0.7000 to 0.9000"))
    assert NO_GROUPS.widths == Widths()
    assert NO_GROUPS.shown("by name", "x") == []
