"""Keys and values of what made a version, and what changed from one to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.text import Text

from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import columns, shortened

_ADDED, _REMOVED, _CHANGED = ("+", "green"), ("-", "red"), ("~", "yellow")
_MOST_OF_WIDTH = 0.45
"""Share that the keys may take, so that long ones leave room for values."""


def key_values(values: Mapping[str, object], *, width: int) -> list[Text]:
    """One line each; a nested mapping's keys are told as `train.epochs`."""
    flat = dict(flattened(values))
    if not flat:
        return [shortened(Text("· none", "dim"), width)]
    return columns([(_key(key, width), literal(value)) for key, value in flat.items()], width=width, flexible=(1,))


def changes(old: Mapping[str, object], new: Mapping[str, object], *, width: int) -> list[Text]:
    """Only what differs, by key: `+ added`, `- removed`, `~ changed  old → new`."""
    before, after = dict(flattened(old)), dict(flattened(new))
    keys = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    if not keys:
        return [shortened(Text("= no differences", "dim"), width)]
    rows = []
    for key in keys:
        sign, style = _ADDED if key not in before else _REMOVED if key not in after else _CHANGED
        told = [literal(each[key]) for each in (before, after) if key in each]
        rows.append((Text.assemble((sign, style), " ", _key(key, width - 2)), " → ".join(told)))
    return columns(rows, width=width, flexible=(1,))


def flattened(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(dotted key, value as text), in the order of the mapping."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flattened(value, f"{name}.")
        else:
            yield name, str(value)


def _key(key: str, width: int) -> str:
    return literal(key, width=max(8, int(width * _MOST_OF_WIDTH)))
