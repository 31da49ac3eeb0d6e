"""Numbers as words: four significant digits, shares, sizes, and how two values differ."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rich.text import Text

from mltui.tui.presentation.moments import NONE

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def figure(value: float | None) -> str:
    """Four significant digits, zeros kept: `0.8000`, `12.30`, `1,234`, `1.234e-5`; whole numbers as they are."""
    if value is None or math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 1e9 else _scientific(value)
    if value == 0:
        return "0.0000"
    return _scaled(value)


def figures(values: Sequence[float | None]) -> list[str]:
    """Of equal width, the decimal points under each other."""
    shown = [figure(value) for value in values]
    parts = [text.partition(".") for text in shown]
    before = max((len(head) for head, _, _ in parts), default=0)
    after = max((len(point + tail) for _, point, tail in parts), default=0)
    return [head.rjust(before) + (point + tail).ljust(after) for head, point, tail in parts]


def percent(share: float | None) -> str:
    """Of a share between 0 and 1: `81.2 %`."""
    return NONE if share is None or not math.isfinite(share) else f"{100 * share:.1f} %"


def size(count: float | None) -> str:
    """Bytes, in powers of 1024."""
    if count is None or not math.isfinite(count):
        return NONE
    power = 0
    while abs(count) >= 1024 and power < len(_UNITS) - 1:
        count, power = count / 1024, power + 1
    return f"{count:.0f} B" if power == 0 else f"{count:,.1f} {_UNITS[power]}"


def milliseconds(value: float | None) -> str:
    """`0.42 ms`, `12.3 ms`, `1,234 ms`."""
    if value is None or not math.isfinite(value):
        return NONE
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:,.{digits}f} ms"


def difference(
    candidate: float | None,
    production: float | None,
    *,
    higher_is_better: bool | None,
    low: float | None = None,
    high: float | None = None,
) -> Text:
    """`▲ +0.0123 better`, against production; `low` and `high` bound the difference's interval.

    `higher_is_better` is None for a metric that is better neither high nor low. Faint within noise: 0 lies in the
    interval.
    """
    if candidate is None or production is None or not math.isfinite(candidate - production):
        return Text(NONE, "dim")
    change = candidate - production
    if math.isclose(candidate, production, rel_tol=1e-9, abs_tol=1e-12):
        return Text("= same", "dim")
    told = f"{'▲' if change > 0 else '▼'} {signed(change)}"
    if low is not None and high is not None and low <= 0 <= high:
        return Text(f"{told} within noise", "dim")
    if higher_is_better is None:
        return Text(f"{told} {'higher' if change > 0 else 'lower'}")
    is_better = (change > 0) == higher_is_better
    return Text(f"{told} {'better' if is_better else 'worse'}", "green" if is_better else "red")


def signed(value: float | None) -> str:
    """`+0.0123`, `-12.30`: to four decimals below 10, so that the differences of a column compare at a glance."""
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0 or 1e-4 <= abs(value) < 10:
        return f"{value:+.4f}"
    text = figure(value)
    return text if text.startswith("-") else f"+{text}"


def _scaled(value: float) -> str:
    if abs(value) >= 1e9 or abs(value) < 1e-3:
        return _scientific(value)
    return f"{value:,.0f}" if abs(value) >= 999.95 else f"{value:#.4g}"


def _scientific(value: float) -> str:
    """Python pads the exponent to two digits, which no reader needs."""
    return re.sub(r"e([+-])0*(\d)", lambda found: f"e{found[1].replace('+', '')}{found[2]}", f"{value:.3e}")
