"""Values as words for people: ages, sizes, aligned columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mltui.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def age(then: datetime | None, now: datetime) -> str:
    """`3 s`, `5 min`, `2 h`, `4 d`; a dash where there is no time."""
    if then is None:
        return "–"
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def size(count: int | None) -> str:
    """Bytes, in powers of 1024."""
    if count is None:
        return "–"
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError


def figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def table(rows: Iterable[Sequence[str]], *, head: Sequence[str]) -> list[str]:
    """Columns aligned to the left, two spaces between; the head alone where there are no rows."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def seconds_of(text: str) -> float:
    """`90`, `30s`, `10m`, `2h`, `1d`; raises `UsageError`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if match is None:
        raise UsageError(f"“{text}” is no time span", hint="write for instance 30s, 10m or 2h")
    return float(match.group(1)) * _UNITS[match.group(2) or "s"]


def moment_of(text: str | None) -> datetime | None:
    """ISO 8601; local time where no zone is given. Raises `UsageError`."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"“{text}” is no time", hint="write for instance 2026-11-23T10:00 or 2026-11-23T10:00+01:00"
        ) from None
