from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from mltui.tui import presentation

_SOURCES = sorted(Path(presentation.__file__).parent.glob("*.py"))
_ALLOWED = {
    "__future__", "collections", "collections.abc", "dataclasses", "datetime", "functools", "itertools", "math", "re",
    "typing", "unicodedata",
    "rich.cells", "rich.color", "rich.style", "rich.text",
}  # fmt: skip
_ROOMS = ("mltui.domain", "mltui.operations", "mltui.tui.presentation")
"""Of operations the frozen snapshots that they return."""


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_presentation_imports_values_only() -> None:
    names = {name for path in _SOURCES for name in _imports(ast.parse(path.read_text()))}
    assert {name for name in names if name not in _ALLOWED and not name.startswith(_ROOMS)} == set()


def test_presentation_reads_no_clock_and_no_markup() -> None:
    used = {
        node.attr
        for path in _SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert used & {"now", "today", "utcnow", "from_markup", "from_ansi", "open", "read_text"} == set()
