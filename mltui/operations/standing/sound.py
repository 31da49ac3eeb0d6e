"""Reading on where single rows of the registry are damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from mltui.errors import Damaged

Found = TypeVar("Found")


def sound_rows(read: Callable[[int, int], Sequence[Found]], *, limit: int, problems: list[str]) -> list[Found]:
    """Of the first `limit` rows of what `read(limit, offset)` gives, those that can be read; of each other a sentence
    is added to `problems`. Where nothing is damaged they are read at once."""
    try:
        return list(read(limit, 0))
    except Damaged:
        pass
    found: list[Found] = []
    for offset in range(limit):
        try:
            alone = read(1, offset)
        except Damaged as error:
            problems.append(error.message)
            continue
        if not alone:
            break
        found += alone
    return found


def told(read: Callable[[], Found], otherwise: Found, *, problems: list[str]) -> Found:
    """What `read` gives, or `otherwise` where that is damaged."""
    try:
        return read()
    except Damaged as error:
        problems.append(error.message)
        return otherwise
