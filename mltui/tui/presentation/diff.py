"""A unified diff as lines: counts by file, then what was taken away and put in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from mltui.operations.versions.tree_changes import CodeChanges
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import columns, flow
from mltui.tui.presentation.wrapping import folded

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_STYLES = {"+": "green", "-": "red"}


@dataclass(frozen=True, slots=True)
class FileDiff:
    path: str
    added: int
    removed: int
    lines: tuple[str, ...]
    """Of its hunks, their heads among them."""


def files_of(diff: Sequence[str]) -> list[FileDiff]:
    """By the counts of each hunk's head, for a removed line `-- x` looks like the name of a file."""
    found: list[FileDiff] = []
    place = 0
    while place + 1 < len(diff):
        path = _path(diff[place], diff[place + 1])
        place, hunks = _hunks(diff, place + 2)
        signs = [line[:1] for line in hunks if not line.startswith("@@")]
        found.append(FileDiff(path, signs.count("+"), signs.count("-"), tuple(hunks)))
    return found


def _path(before: str, after: str) -> str:
    name = before if after.endswith("/dev/null") else after
    return name[4:].removeprefix("a/" if name is before else "b/")


def _hunks(diff: Sequence[str], place: int) -> tuple[int, list[str]]:
    """Where they end, and their lines."""
    lines: list[str] = []
    while place < len(diff) and (head := _HUNK.match(diff[place])) is not None:
        lines.append(diff[place])
        place += 1
        old, new = (1 if count is None else int(count) for count in head.groups())
        while place < len(diff) and (old > 0 or new > 0):
            sign = diff[place][:1]
            old, new = old - (sign != "+"), new - (sign != "-")
            lines.append(diff[place])
            place += 1
    return place, lines


def file_lines(code: CodeChanges, *, width: int) -> list[Text]:
    """Each file with its counts; what cannot be told is said."""
    if code.are_none:
        return [Text("= both from the same files", "dim")]
    counts = {each.path: each for each in files_of(code.diff)}
    rows = [
        (Text(sign, style), path, *_counts(counts.get(path)))
        for sign, style, paths in (
            ("+ added", "green", code.added),
            ("- removed", "red", code.removed),
            ("~ changed", "yellow", code.changed),
        )
        for path in paths
    ]
    lines = columns(rows, align="<<>>", width=width, flexible=(1,)) if rows else []
    if code.problem:
        lines.append(Text(f"! {literal(code.problem)}", "yellow"))
    if code.not_shown:
        lines += flow([Text("not shown, being large or no text:", "dim"), *code.not_shown], width=width)
    return lines


def _counts(found: FileDiff | None) -> tuple[Text, Text]:
    if found is None:
        return Text(), Text()
    return Text(f"+{found.added}", "green"), Text(f"-{found.removed}", "red")


def diff_lines(code: CodeChanges, *, width: int) -> list[Text]:
    lines: list[Text] = []
    for each in files_of(code.diff):
        lines.append(Text(literal(each.path, width=width), "bold"))
        for line in each.lines:
            lines += _told(line, width)
    if code.is_cut:
        lines.append(Text(f"! the diff is cut after {len(code.diff):,} lines", "yellow"))
    return lines


def _told(line: str, width: int) -> list[Text]:
    """A long line goes on below its sign."""
    if line.startswith("@@"):
        return [Text(literal(line, width=width), "cyan")]
    sign, style = line[:1], _STYLES.get(line[:1], "")
    parts = folded(line[1:].expandtabs(4), width - 2)
    return [Text(f"{sign if index == 0 else ' '} {part}", style) for index, part in enumerate(parts)]
