"""How attributes and groups are written: by their names, and several together with a sign between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CROSSED = " × "
"""Between the names of an intersection's attributes, and between those of its groups."""

_NAME = re.compile(r"“((?:[^”]|””)*)”(?= × |\Z)|(.+?)(?= × |\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GroupedMetric:
    """A figure by its name: a metric of one group, or of all rows."""

    metric: str
    slice: Mapping[str, str] = field(default_factory=dict)
    """Attribute → value, several of an intersection; empty for all rows."""

    def __str__(self) -> str:
        return f"{self.metric} of {group_name(tuple(self.slice.values()))}" if self.slice else self.metric


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
