"""What a release changes against production, as it was sealed: facts, rows by class and group, files and their diff."""

from __future__ import annotations

from rich.text import Text

from mltui.domain.names import version_name
from mltui.operations.releases.against_production import AgainstProduction
from mltui.operations.versions.row_changes import RowChanges
from mltui.tui.presentation.diff import diff_lines, file_lines
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import columns

MOST_LINES = 200
"""Of the diff; `release show` has the whole of it."""


def against_lines(found: AgainstProduction | None, candidate: str, *, width: int) -> list[Text]:
    if found is None:
        return []
    diff = diff_lines(found.code, width=width)
    cut = [Text(f"… {len(diff) - MOST_LINES:,} more lines", "dim")] if len(diff) > MOST_LINES else []
    lines = [*_differing(found, candidate, width), *_rows(found.data, width), *file_lines(found.code, width=width)]
    return [*lines, *diff[:MOST_LINES], *cut]


def _differing(found: AgainstProduction, candidate: str, width: int) -> list[Text]:
    rows = [
        (literal(each.name), _value(each.candidate), _value(each.baseline))
        for those in (found.parameters, found.environment, found.images)
        for each in those
    ]
    if not rows:
        return [Text("= the same parameters, environment and images", "dim")]
    return columns(rows, head=("differs", candidate, version_name(found.version)), width=width, flexible=(0, 1, 2))


def _value(value: object) -> str:
    return "–" if value is None else literal(value)


def _rows(found: RowChanges, width: int) -> list[Text]:
    if found.problem:
        return [Text(f"! data: {literal(found.problem)}", "yellow")]
    if not found.counts:
        return [Text("= the same data", "dim")]
    rows = [
        (literal(f"{each.kind} {each.name}"), f"{each.after:,}", *_moved(each.added, each.removed, each.changed))
        for each in found.counts
    ]
    head = ("rows by", "now", "added", "removed", "changed")
    return columns(rows, head=head, align="<>>>>", width=width, flexible=(0,))


def _moved(added: int, removed: int, changed: int) -> tuple[str, ...]:
    signed = zip("+-~", (added, removed, changed), strict=True)
    return tuple(f"{sign}{count:,}" if count else "·" for sign, count in signed)
