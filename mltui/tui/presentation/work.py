"""Work that a person waits for: what it is, how far, and how long it usually takes."""

from __future__ import annotations

from rich.text import Text

from mltui.domain.run import WorkState
from mltui.operations.standing.traffic_work import TrafficWork
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import duration
from mltui.tui.presentation.wrapping import wrapped


def work_lines(words: str, found: TrafficWork | None, *, seconds: int, width: int) -> list[Text]:
    """`seconds` since it was asked for; `found` is None before the first reading."""
    usual = None if found is None else found.usual_seconds
    told = f", usually {duration(usual)}" if usual is not None else ""
    lines = wrapped(f"… {words}: {duration(seconds)}{told}", width=width, style="cyan")
    return [*lines, *wrapped(f"  {_state(found)}", width=width)]


def _state(found: TrafficWork | None) -> str:
    if found is None or found.state is None:
        return "being asked for"
    if found.state is WorkState.QUEUED:
        return "waits for the worker to take it up"
    return "the worker is at it" + (f": {literal(found.last)}" if found.last is not None else "")
