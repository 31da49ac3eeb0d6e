"""What two models answer differently on the same rows, as lines and data for a script."""

from __future__ import annotations

from typing import Any

from mltui.cli.answer import plain
from mltui.cli.text import figure, table
from mltui.domain.answer_changes import AnswerChanges, Change, Effect, method_sentence, worst_first

_WORDS: dict[Effect, str] = {
    "better": "✓ better", "worse": "✗ worse", "slight": "· slight", "noise": "· noise", "too few": "! too few"
}  # fmt: skip


def harm_lines(sentence: str) -> list[str]:
    return [f"✗ {sentence}", ""] if sentence else []


def changes_data(found: AnswerChanges) -> dict[str, Any]:
    """With `net` and `difference` of each part."""
    groups = [{**plain(each), "change": _data(each.change)} for each in found.groups]
    return {**plain(found), "whole": _data(found.whole), "groups": groups}


def _data(change: Change) -> dict[str, Any]:
    return {**plain(change), "net": change.net, "difference": change.difference}


def changes_lines(found: AnswerChanges | None) -> list[str]:
    """All rows, then each group, those that are harmed first."""
    if found is None or not found.whole.n:
        return []
    whole = found.whole
    told = f"{whole.changed:,} of {whole.n:,} common rows are answered otherwise: "
    rows = [("all rows", "", *_cells(whole, whole.p_value, found.effect))]
    for each in worst_first(found):
        rows.append((each.attribute, each.group, *_cells(each.change, each.adjusted_p, each.effect)))
    head = ("ANSWERS", "GROUP", "ROWS", "FIXED", "BROKEN", "NET", "CHANGE", "95 % INTERVAL", "P", "")
    counts = f"{whole.fixed:,} fixed, {whole.broken:,} broken"
    return ["", told + counts, *table(rows, head=head), method_sentence(found)]


def _cells(change: Change, p: float | None, effect: Effect) -> tuple[str, ...]:
    difference = "–" if change.difference is None else f"{change.difference:+.4f}"
    is_told = change.low is not None and change.high is not None
    interval = f"{change.low:+.4f} to {change.high:+.4f}" if is_told else ""
    counts = (f"{change.n:,}", f"{change.fixed:,}", f"{change.broken:,}", f"{change.net:+,}")
    return (*counts, difference, interval, figure(p), _WORDS[effect])
