"""Keys in two columns, section by section, and what the symbols mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from mltui.domain.metrics import METRICS
from mltui.tui.presentation.table import columns, flow
from mltui.tui.presentation.wrapping import wrapped

SYMBOLS = (
    ("✓", "good"), ("✗", "bad"), ("?", "asks a person"), ("…", "under way"), ("·", "nothing"),
    ("!", "look at it"), ("-", "skipped"), ("■", "stopped"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    key: str
    title: str


def help_lines(sections: Sequence[tuple[str, Sequence[Key]]], *, width: int) -> list[Text]:
    lines: list[Text] = []
    for title, keys in sections:
        if keys:
            rows = [(each.key, each.title) for each in dict.fromkeys(keys)]
            lines += [Text(title, "bold"), *columns(rows, width=width, flexible=(1,)), Text()]
    return [*lines, Text("symbols", "bold"), *flow([f"{symbol} {word}" for symbol, word in SYMBOLS], width=width)]


def figure_lines(*, width: int) -> list[Text]:
    """Of every metric what it means, which way is better, and whose definition it is."""
    return [line for each in METRICS.values() for line in wrapped(f"{each.name}: {each.sentence}", width=width)]


def sentence_lines(sentences: Sequence[str], *, width: int) -> list[Text]:
    return [line for each in sentences for line in wrapped(each, width=width)]
