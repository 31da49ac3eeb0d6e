"""Questions to whoever sits at the terminal; never asked in a script."""

from __future__ import annotations

import sys

from mltui.cli.output import is_seen_by_a_person, print_line


def agrees(question: str, *, is_batch: bool) -> bool:
    """Whether a person says yes; False where nobody is there to be asked."""
    if is_batch or not is_seen_by_a_person():
        return False
    print_line(f"{question} [y/N]")
    return sys.stdin.readline().strip().casefold() in ("y", "yes")
