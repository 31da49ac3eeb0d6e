"""The group that is worst off over the versions, the oldest first, each as a bar with its interval on one scale."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.names import version_name
from mltui.domain.version import GroupFigure
from mltui.operations.versions.bias_trend import TrendPoint
from mltui.tui.presentation import marks
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import cut, literal
from mltui.tui.presentation.table import GAP, columns
from mltui.tui.presentation.whiskers import scale_of, whiskers
from mltui.tui.presentation.wrapping import wrapped

_MARKS = {"live": "◆ ", "before": "◇ ", "never": "  "}
_LONGEST_NAME, _LEAST_BAR, _MOST_BAR = 14, 12, 40
_TOLD = "◆ answers in production, ◇ did; each on its own held-out rows, ~ on other data than the version before"


def bias_trend_lines(points: Sequence[TrendPoint], *, current: int, width: int) -> list[Text]:
    """`current`: the version that is looked at."""
    known = [(each, each.worst) for each in points if each.worst is not None]
    if len(known) < 2:
        return [Text("· fewer than two versions have this figure", "dim")]
    rows = [_cells(each, worst, is_current=each.version == current) for each, worst in known]
    worst_of = [worst for _, worst in known]
    room = width - sum(max(cell_len(row[place].plain) for row in rows) for place in range(4)) - 4 * GAP
    scale = scale_of(worst_of, None)
    if room >= _LEAST_BAR and scale is not None:
        bars = [whiskers(worst, None, scale=scale, width=min(room, _MOST_BAR)) for worst in worst_of]
        rows = [(*row[:3], bar, row[3]) for row, bar in zip(rows, bars, strict=True)]
    return [*columns(rows, align="<<><<", width=width, flexible=(1,)), *wrapped(_TOLD, width=width, style="dim")]


def _cells(point: TrendPoint, worst: GroupFigure, *, is_current: bool) -> tuple[Text, ...]:
    name = f"{_MARKS[point.standing]}{version_name(point.version)}{' ~' if point.has_new_data else ''}"
    return (
        Text(name, "bold" if is_current else ""),
        Text(cut(literal(worst.group), _LONGEST_NAME)),
        Text(figure(worst.value)),
        marks.mark(worst.verdict),
    )
