"""What two models answer differently on the same rows: whom that harms, and each group with its paired test."""

from __future__ import annotations

from rich.text import Text

from mltui.domain.answer_changes import AnswerChanges, Change, Effect, method_sentence, p_words, worst_first
from mltui.tui.presentation.figures import signed
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import columns
from mltui.tui.presentation.wrapping import wrapped

_LOOKS: dict[Effect, tuple[str, str]] = {
    "better": ("✓ better", "green"),
    "worse": ("✗ worse", "red"),
    "slight": ("· slight", "dim"),
    "noise": ("· noise", "dim"),
    "too few": ("! too few", "yellow"),
}
ROOMY = 100
"""Cells from which on the interval has room."""


def harm_lines(sentence: str, *, width: int) -> list[Text]:
    """Nothing where nobody is harmed."""
    return wrapped(f"✗ {sentence}", width=width, style="bold red") if sentence else []


def changes_lines(found: AnswerChanges, *, width: int) -> list[Text]:
    """All rows, then each group, those that are harmed first."""
    whole, is_roomy = found.whole, width >= ROOMY
    told = f"{whole.changed:,} of {whole.n:,} common rows are answered otherwise"
    rows = [("all rows", *_cells(whole, whole.p_value, found.effect, is_roomy=is_roomy))]
    for each in worst_first(found):
        name = literal(f"{each.attribute} {each.group}")
        rows.append((name, *_cells(each.change, each.adjusted_p, each.effect, is_roomy=is_roomy)))
    interval = ("95 % interval",) if is_roomy else ()
    head = ("", "rows", "fixed", "broken", "net", "change", *interval, "", "")
    lines = columns(rows, head=head, align="<>>>>><<" if not is_roomy else "<>>>>><<<", width=width, flexible=(0,))
    return [*wrapped(told, width=width), *lines, *wrapped(method_sentence(found), width=width, style="dim")]


def _cells(change: Change, p: float | None, effect: Effect, *, is_roomy: bool) -> tuple[Text | str, ...]:
    is_told = change.low is not None and change.high is not None
    interval = (f"{signed(change.low)} to {signed(change.high)}" if is_told else "",) if is_roomy else ()
    counts = (f"{change.n:,}", f"{change.fixed:,}", f"{change.broken:,}", f"{change.net:+,}")
    return (*counts, signed(change.difference), *interval, p_words(p), Text(*_LOOKS[effect]))
