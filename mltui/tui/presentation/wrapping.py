"""Sentences on as many lines as they need."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text


def wrapped(text: str, *, width: int, style: str = "", indent: int = 2) -> list[Text]:
    """Literal text on as many lines as it needs, broken at blanks where there are some."""
    bare = text.lstrip(" ")
    lines, line = [], " " * (len(text) - len(bare))
    for word in bare.split(" "):
        joined = f"{line} {word}" if line.strip() else line + word
        if line.strip() and cell_len(joined) > width:
            lines.append(line)
            joined = " " * indent + word
        while cell_len(joined) > width > indent:
            fit = next(cut for cut in range(len(joined), 0, -1) if cell_len(joined[:cut]) <= width)
            lines.append(joined[:fit])
            joined = " " * indent + joined[fit:]
        line = joined
    return [Text(each, style) for each in [*lines, line]]
