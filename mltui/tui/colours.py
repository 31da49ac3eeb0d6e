"""Whether this terminal has the colours that a picture needs."""

from __future__ import annotations

from typing import Any

from textual.app import App


def has_many_colours(app: App[Any]) -> bool:
    """Half-blocks of 8 or 16 colours show nothing; words do then."""
    return not app.no_color and app.console.color_system in ("256", "truecolor")
