"""Steps of a run, or stages of a release, in their order: on one line where that fits, else one on each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from mltui.tui.presentation import marks
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import duration
from mltui.tui.presentation.table import columns, shortened

_UNDER_WAY, _TO_COME = ("running", "starting"), ("queued",)
_LINK = " ─ "


@dataclass(frozen=True, slots=True)
class GraphStep:
    """One box of the graph."""

    name: str
    state: str
    """A `WorkState`."""
    seconds: float | None = None
    """It took, or has taken so far."""
    usual_seconds: float | None = None
    """Median of past ones; told while it runs and before."""


def pipeline_graph(steps: Sequence[GraphStep], *, width: int) -> list[Text]:
    """`✓ prepare 2.0 s ─ … train 12 s of ~30 s ─ · evaluate`, or one line each with the state in words."""
    if not steps:
        return [shortened(Text("· no steps", "dim"), width)]
    line = Text(_LINK, "dim").join(_box(step) for step in steps)
    if cell_len(line.plain) <= width:
        return [line]
    rows = [(_named(step), Text(marks.word(step.state), marks.style(step.state)), _span(step)) for step in steps]
    return columns(rows, width=width, flexible=(0,))


def _box(step: GraphStep) -> Text:
    box, span = _named(step), _span(step)
    return box.append(f" {span}") if span else box


def _named(step: GraphStep) -> Text:
    style = marks.style(step.state)
    return Text.assemble((marks.symbol(step.state), style), " ", (literal(step.name), style))


def _span(step: GraphStep) -> str:
    usual = "" if step.usual_seconds is None else f"~{duration(step.usual_seconds)}"
    if step.state in _TO_COME:
        return usual
    if step.seconds is None:
        return ""
    told = duration(step.seconds)
    return f"{told} of {usual}" if usual and step.state in _UNDER_WAY else told
