"""On which line of a TOML text a key stands; tomllib does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*\[\[?\s*(?P<path>[^\]]+?)\s*\]")
_ASSIGNMENT = re.compile(r"""\s*(?P<key>[\w.\-"' ]+?)\s*=""")
_DOTTED = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)+")
_QUOTED = re.compile(r"`(\w+)`$")


def line_of_problem(text: str, problem: str) -> int | None:
    """Line (from 1) of the first dotted key that a sentence names, for instance `environments.production.cpus = 0`."""
    found = _DOTTED.search(problem) or _QUOTED.search(problem)
    return None if found is None else line_of(text, found.group().strip("`").split("."))


def line_of(text: str, path: Sequence[str]) -> int | None:
    """Line (from 1) of the key, or of the nearest table around it; an index counts the tables of a list."""
    lines = text.splitlines()
    best, depth, header = None, 0, list[str]()
    for number, line in enumerate(lines, 1):
        table, assignment = _HEADER.match(line), _ASSIGNMENT.match(line)
        if table is not None:
            header = _parts(table["path"])
        elif assignment is None:
            continue
        here = header if table is not None or assignment is None else [*header, *_parts(assignment["key"])]
        if len(here) > depth and list(path[: len(here)]) == here:
            best, depth = number, len(here)
    return best if best is None or depth == len(path) else _within(lines, best, path[depth:])


def _within(lines: Sequence[str], start: int, rest: Sequence[str]) -> int:
    """Inside of an inline table or list that begins on line `start`: the element, then the key in it."""
    number = start
    if rest[0].isdigit():
        number = _element(lines, start, int(rest[0]))
        rest = rest[1:]
    for key in rest[:1]:
        for later in range(number, min(number + 20, len(lines)) + 1):
            if re.search(rf"(?<![\w-]){re.escape(key)}\s*=", lines[later - 1]):
                return later
    return number


def _element(lines: Sequence[str], start: int, index: int) -> int:
    seen = -1
    for number in range(start, len(lines) + 1):
        seen += lines[number - 1].partition("#")[0].count("{")
        if seen >= index:
            return number
    return start


def _parts(path: str) -> list[str]:
    return [part.strip().strip("\"'") for part in path.split(".")]
