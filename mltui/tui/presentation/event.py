"""One event of the history with all of its fields."""

from __future__ import annotations

from mltui.domain.event import Event
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import moment


def event_text(event: Event) -> str:
    """A line for each field, its data under each other; foreign line breaks stay within their line."""
    facts = [
        ("what", str(event)),
        ("when", moment(event.at)),
        ("who", event.actor),
        ("kind", event.kind),
        ("about", event.subject),
        *((f"  {key}", str(value)) for key, value in event.data.items()),
        ("hash", event.hash),
        ("previous", event.previous),
    ]
    width = max(len(literal(name)) for name, _ in facts)
    return "\n".join(f"{literal(name).ljust(width)}  {literal(value)}" for name, value in facts)
