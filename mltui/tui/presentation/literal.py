"""Foreign text made harmless: one line, nothing that a terminal obeys, nothing that hides or turns its surroundings."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size

_MOST_COMBINING = 2
"""In a row on one letter; more would paint over the lines above and below."""

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers and blanks that Unicode counts among letters, marks and symbols."""


def literal(text: object, *, width: int | None = None) -> str:
    """Controls as their pictures (`␛`, `␊`), other unseen characters as `·`, cut with `…` at `width` cells.

    Anything but a string is told by its `str`: rows of a damaged registry hold what they like.
    """
    plain = text if isinstance(text, str) else str(text)
    seen = plain if plain.isascii() and plain.isprintable() else _visible(plain)
    return seen if width is None else cut(seen, width)


def cut(text: str, width: int) -> str:
    """At most `width` cells; what was longer ends with `…`."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def squeezed(text: str, width: int) -> str:
    """At most `width` cells; what was longer keeps its beginning and its end."""
    if cell_len(text) <= width:
        return text
    end = ending(text, max(width - 1, 0) // 2)
    return cut(text, width - cell_len(end)) + end


def ending(text: str, width: int) -> str:
    """The longest end of at most `width` cells."""
    return next(text[start:] for start in range(len(text) + 1) if cell_len(text[start:]) <= width)


def fitted(text: str, width: int, align: str = "<") -> str:
    """Exactly `width` cells, padded at the right (`<`), the left (`>`) or both (`^`)."""
    shown = cut(text, width)
    spare = max(0, width - cell_len(shown))
    before = {"<": 0, ">": spare, "^": spare // 2}[align]
    return " " * before + shown + " " * (spare - before)


def _visible(text: str) -> str:
    shown: list[str] = []
    marks = _MOST_COMBINING  # a mark at the very start would sit on what stands before the text
    for character in text:
        is_mark = unicodedata.category(character) in ("Mn", "Me", "Mc")
        marks = marks + 1 if is_mark else 0
        shown.append("·" if marks > _MOST_COMBINING else _picture(character))
    return "".join(shown)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xFE00 <= code <= 0xFE0F:  # they only choose a glyph's variant, and terminals differ on its width
        return ""
    category = unicodedata.category(character)
    if category in ("Zl", "Zp"):
        return "␊"
    if category == "Zs":
        return " "
    is_unseen = category in ("Cc", "Cf", "Cs", "Co", "Cn") or character in _INVISIBLE
    return "·" if is_unseen or _is_selector(code) or _is_zero_width(character, category) else character


def _is_selector(code: int) -> bool:
    return 0x180B <= code <= 0x180F or 0xE0100 <= code <= 0xE01EF


def _is_zero_width(character: str, category: str) -> bool:
    return category not in ("Mn", "Me", "Mc") and cell_len(character) == 0
