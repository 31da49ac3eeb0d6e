"""How attributes and groups are written: by their names, and several together with a sign between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

CROSSED = " × "
"""Between the names of an intersection's attributes, and between those of its groups."""

_NAME = re.compile(r"“((?:[^”]|””)*)”(?= × |\Z)|(.+?)(?= × |\Z)", re.DOTALL)


def crossed(names: Iterable[str]) -> str:
    """Names that could be taken for several stand in quotes, so that no two intersections are written alike."""
    return CROSSED.join(map(_quoted, names))


def group_name(values: Sequence[str]) -> str:
    """Of one attribute the value as it is."""
    return values[0] if len(values) == 1 else crossed(values)


def attributes_in(name: str) -> tuple[str, ...]:
    """`lighting × camera` is of two attributes: what `crossed` made is taken apart, all else is one name."""
    found, place = [], 0
    while name_here := _NAME.match(name, place):
        quoted, plain = name_here.groups()
        found.append(plain if quoted is None else quoted.replace("””", "”"))
        place = name_here.end() + len(CROSSED)
    return tuple(found) if found and crossed(found) == name else (name,)


def _quoted(name: str) -> str:
    is_plain = CROSSED not in f" {name} " and not name.startswith("“")
    return name if is_plain else "“" + name.replace("”", "””") + "”"
