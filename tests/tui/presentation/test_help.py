"""What the help says of figures."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mltui.domain.metrics import METRICS
from mltui.tui.presentation.help import figure_lines


@pytest.mark.parametrize("width", [40, 76, 116])
def test_of_every_metric_its_meaning_better_side_and_source_are_told_at_any_width(width: int) -> None:
    lines = [line.plain for line in figure_lines(width=width)]
    told = " ".join(" ".join(line.split()) for line in lines)
    assert all(cell_len(line) <= width for line in lines)
    for metric in METRICS.values():
        assert f"{metric.name}: {' '.join(metric.sentence.split())}" in told
